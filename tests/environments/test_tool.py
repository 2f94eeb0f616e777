from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vmevalkit.environments.interpreters import find_python
from vmevalkit.environments.tool import Tool, Uv, Venv, find_tool, find_uv
from vmevalkit.errors import InstallFailedError

OTHER = "3.99"


def _command(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def search_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on PATH, empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_uv_on_the_path_comes_first(search_path: Path) -> None:
    uv = _command(search_path, "uv", "echo uv 1.0")
    assert find_tool() == Uv(uv)


def test_uv_beside_python_is_found(search_path: Path) -> None:
    found = find_uv()
    assert found is not None
    assert found.parent == Path(sys.executable).parent


def test_venv_is_taken_where_uv_does_not_run(search_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _command(search_path, "uv", "exit 127")
    monkeypatch.setattr(sys, "executable", str(search_path / "python"))
    assert find_tool() == Venv()


def test_running_python_comes_first() -> None:
    assert find_python([OTHER, "{}.{}".format(*sys.version_info)]) == Path(sys.executable)


def test_python_on_the_path_must_be_what_its_name_says(search_path: Path) -> None:
    _command(search_path, "python3.98", "exit 127")
    _command(search_path, "python3.97", "echo 3.11")
    right = _command(search_path, "python3.99", "echo 3.99")
    assert find_python(["3.98", "3.97", OTHER]) == right
    assert find_python(["3.98", "3.97"]) is None


def test_uv_finds_a_python_that_is_not_here(uv: Tool) -> None:
    assert uv.python_for([OTHER, "3.98"]) == OTHER


def test_venv_without_a_python_says_which_and_how() -> None:
    with pytest.raises(InstallFailedError, match=r"3\.99 or 3\.98 on PATH.*python3\.99, python3\.98.*pip install uv"):
        Venv().python_for([OTHER, "3.98"])
