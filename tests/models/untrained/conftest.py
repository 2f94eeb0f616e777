from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

import vmevalkit

SCRIPT = Path(vmevalkit.__file__).parent / "models" / "untrained" / "build.py"
LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")
SEVERAL = """
import pathlib, runpy, sys
build = runpy.run_path(sys.argv[1])["build"]
for folder in map(pathlib.Path, sys.argv[2:]):
    folder.mkdir()
    build(folder.name, folder)
"""


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", *map(str, arguments)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


@pytest.fixture(scope="session")
def script() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the script with these arguments, where nothing of ours is importable by itself."""
    return lambda *arguments: _run(SCRIPT, *arguments)


@pytest.fixture(scope="session")
def build_all() -> Callable[[Iterable[str], Path], dict[str, Path]]:
    """Makes a folder for every name, all in one process, in this order: the libraries take seconds to import."""
    missing = [library for library in LIBRARIES if find_spec(library) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")

    def build(names: Iterable[str], into: Path) -> dict[str, Path]:
        folders = {name: into / name for name in names}
        done = _run("-c", SEVERAL, SCRIPT, *folders.values())
        assert done.returncode == 0, done.stderr
        return folders

    return build
