"""Tiny packages and a tiny repository on this disk, so that the real tools install without a network."""

from __future__ import annotations

import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmevalkit.environments.install import install_environment
from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.environments.tool import Tool, Uv, Venv, find_uv
from vmevalkit.records.environment import Environment, EnvironmentManifest, SourceTree

VERSION = "{}.{}".format(*sys.version_info)


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that both tools install from, and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    only_here = {"UV_FIND_LINKS": folder, "UV_OFFLINE": 1, "PIP_FIND_LINKS": folder, "PIP_NO_INDEX": 1}
    for name, value in only_here.items():
        monkeypatch.setenv(name, str(value))
    return folder


@pytest.fixture
def make_wheel(wheels: Path) -> Callable[..., Path]:
    """Puts a package with one module where both tools find it."""

    def make(version: str = "1.0", code: str = "", name: str = "tiny_pack") -> Path:
        path, facts = wheels / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
        content = {
            f"{name}.py": code,
            f"{facts}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{facts}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        content[f"{facts}/RECORD"] = "".join(f"{name},,\n" for name in (*content, f"{facts}/RECORD"))
        with zipfile.ZipFile(path, "w") as wheel:
            for inside, text in content.items():
                wheel.writestr(inside, text)
        return path

    return make


@pytest.fixture
def shelf(tmp_path: Path) -> EnvironmentShelf:
    """An empty shelf."""
    return EnvironmentShelf(tmp_path / "envs")


@pytest.fixture
def tiny() -> Callable[..., Environment]:
    """Describes an environment with the tiny package in it."""

    def describe(*lock: str, imports: tuple[str, ...] = ("tiny_pack",), name: str = "tiny") -> Environment:
        return Environment(
            name=name,
            description="for tests",
            python=(VERSION,),
            lock=lock or ("tiny-pack==1.0",),
            imports=imports,
            gigabytes=0.1,
        )

    return describe


@pytest.fixture
def uv() -> Tool:
    """The uv of the environment that runs the tests."""
    found = find_uv()
    assert found is not None, "the test extra brings uv"
    return Uv(found)


@pytest.fixture(params=["uv", "venv"])
def tool(request: pytest.FixtureRequest, uv: Tool) -> Tool:
    """Each of the tools."""
    return uv if request.param == "uv" else Venv()


@pytest.fixture
def notes() -> list[str]:
    """What an installation told, where its `append` was the note."""
    return []


@pytest.fixture
def install(
    shelf: EnvironmentShelf, uv: Tool, notes: list[str], make_wheel: Callable[..., Path]
) -> Callable[..., EnvironmentManifest]:
    """Installs an environment with uv, after making the wheel of version 1.0."""

    def run(environment: Environment, **options: Path) -> EnvironmentManifest:
        make_wheel()
        return install_environment(environment, shelf, tool=uv, on_note=notes.append, **options)

    return run


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Runs git in the repository of the tests and returns what it prints."""
    repository = tmp_path / "vendor"

    def run(*words: str) -> str:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
        command = ["git", *who, "-C", str(repository), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    repository.mkdir()
    run("init", "--quiet", "--initial-branch=main")
    return run


@pytest.fixture
def commit(git: Callable[..., str], tmp_path: Path) -> Callable[[str], str]:
    """Commits a file `run.py` with a content and returns the commit."""

    def make(content: str) -> str:
        (tmp_path / "vendor" / "run.py").write_text(content, encoding="utf-8")
        git("add", "run.py")
        git("commit", "--quiet", "--message", "A change")
        return git("rev-parse", "HEAD")

    return make


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., SourceTree]:
    """Describes the repository of the tests at a commit."""

    def describe(commit: str, **fields: object) -> SourceTree:
        repository = (tmp_path / "vendor").as_uri()
        facts = {"name": "vendor", "repository": repository, "licence": "MIT", "needs": ("run.py",), **fields}
        return SourceTree.model_validate({"commit": commit, **facts})

    return describe
