"""Tools that make environments: uv, and where there is none the venv and pip that come with Python.

Both get the environment variables of the user as they are, so mirrors are chosen as always: UV_DEFAULT_INDEX,
UV_FIND_LINKS and the others for uv, PIP_INDEX_URL, PIP_FIND_LINKS and the others, or pip's own file, for pip. uv reads
nothing that is meant for pip.

uv links the files of an environment to those in its cache, so a second environment takes hardly any disk, as long as
both are on one filesystem. Where they are not it copies, and says so in the log: UV_CACHE_DIR moves the cache.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vmevalkit.environments.interpreters import answers, find_python
from vmevalkit.errors import InstallFailedError


class Tool(Protocol):
    """Knows the commands that make an environment."""

    @property
    def name(self) -> str:
        """`uv` or `venv`."""

    @property
    def mirrors(self) -> str:
        """How to choose where packages come from, for people."""

    def python_for(self, versions: Sequence[str]) -> str:
        """A Python of one of the versions, as `creating` takes it; raises InstallFailedError where there is none."""

    def creating(self, python: str, folder: Path) -> list[str]:
        """The command that makes an empty environment in a folder that is there."""

    def installing(self, interpreter: Path, requirements: Path) -> list[str]:
        """The command that installs what a file names into the environment of `interpreter`."""


@dataclass(frozen=True)
class Uv:
    """uv: fetches in parallel, shares files between environments, and can fetch a Python."""

    executable: Path
    """The command."""
    name: str = "uv"
    """What it is called."""
    mirrors: str = "UV_DEFAULT_INDEX, UV_INDEX or UV_FIND_LINKS"
    """How to choose where packages come from."""

    def python_for(self, versions: Sequence[str]) -> str:
        """The path of a Python that is here, or the version that uv shall find or fetch."""
        found = find_python(versions)
        return str(found) if found is not None else versions[0]

    def creating(self, python: str, folder: Path) -> list[str]:
        """The command that makes an empty environment."""
        return [str(self.executable), "venv", "--allow-existing", "--no-project", "--python", python, str(folder)]

    def installing(self, interpreter: Path, requirements: Path) -> list[str]:
        """The command that installs what a file names."""
        return [str(self.executable), "pip", "install", "--python", str(interpreter), "-r", str(requirements)]


@dataclass(frozen=True)
class Venv:
    """The venv and pip of a Python."""

    name: str = "venv"
    """What it is called."""
    mirrors: str = "PIP_INDEX_URL, PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS"
    """How to choose where packages come from."""

    def python_for(self, versions: Sequence[str]) -> str:
        """The path of a Python that is here; raises InstallFailedError naming the versions."""
        found = find_python(versions)
        if found is None:
            raise InstallFailedError(
                f"There is no Python of the version {' or '.join(versions)} on PATH",
                expected=f"one of the commands {', '.join(f'python{version}' for version in versions)}",
                next_step="Install uv, which fetches one (`pip install uv`), or install such a Python",
            )
        return str(found)

    def creating(self, python: str, folder: Path) -> list[str]:
        """The command that makes an empty environment."""
        return [python, "-I", "-m", "venv", str(folder)]

    def installing(self, interpreter: Path, requirements: Path) -> list[str]:
        """The command that installs what a file names; `-I` keeps packages on PYTHONPATH from passing as installed."""
        return [
            *(str(interpreter), "-I", "-m", "pip", "install"),
            *("--disable-pip-version-check", "-r", str(requirements)),
        ]


def find_tool() -> Tool:
    """Uv where it is on PATH or beside the running Python, else venv."""
    uv = find_uv()
    return Uv(uv) if uv is not None else Venv()


def find_uv() -> Path | None:
    """A uv that runs; None without one."""
    beside = str(Path(sys.executable).parent)
    for found in (shutil.which("uv"), shutil.which("uv", path=beside)):
        if found is not None and answers([found, "--version"]) is not None:
            return Path(found)
    return None


def interpreter_in(folder: Path) -> Path:
    """Where the Python of an environment is."""
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"
