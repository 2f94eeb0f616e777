"""The shelf: a folder with one environment of Python per name, and the only place that says which are whole.

{root}/diffusers/                              an environment
{root}/diffusers/vmevalkit-requirements.txt    written first: a folder with it was made here, and may be removed
{root}/diffusers/vmevalkit-environment.json    written last: a folder without it is not installed
{root}/diffusers.install.log                   what the tools said
{root}/sources/                                code of others, see `source`
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from vmevalkit.atomic import write_atomic
from vmevalkit.environments.clearing import discard, make_folder
from vmevalkit.environments.holding import Note, holding
from vmevalkit.environments.pins import lock_sha256
from vmevalkit.environments.tool import interpreter_in
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError, InvalidCatalogError
from vmevalkit.records.environment import Environment, EnvironmentManifest

MANIFEST_NAME = "vmevalkit-environment.json"
REQUIREMENTS_NAME = "vmevalkit-requirements.txt"
SOURCES_NAME = "sources"
PLACE_SETTING = "VMEVALKIT_ENVIRONMENTS_DIR"
"""The setting that says where the shelf is."""

EnvironmentState = Literal["installed", "absent", "unfinished", "outdated", "broken"]
"""Ready; not there; without a manifest; made from another lock; or its Python is gone."""

_FAULTS: dict[EnvironmentState, str] = {
    "absent": "is not installed: {folder} is not there",
    "unfinished": "is not installed: in {folder} it was begun and not finished",
    "outdated": "in {folder} was made from another list of packages than the one it must have now",
    "broken": "in {folder} has lost its Python, or was moved",
}


class EnvironmentShelf:
    """The environments in a folder, which need not be there yet."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def folder_of(self, environment: Environment) -> Path:
        """Where an environment is, or would be; raises InvalidCatalogError for the name of another folder."""
        name = environment.name
        if name == SOURCES_NAME:
            raise InvalidCatalogError(
                f"An environment is called {name!r}",
                expected="another word: a folder of that name holds code",
                next_step="Rename it in the catalog file",
                path=name,
            )
        return self.root / name

    def log_of(self, environment: Environment) -> Path:
        """Where the tools that make an environment write what they say."""
        return self.root / f"{environment.name}.install.log"

    def leash_of(self, environment: Environment) -> Path:
        """The lock file that the tools at work on an environment hold."""
        return self.root / f".{environment.name}.tools.lock"

    def manifest_of(self, environment: Environment) -> EnvironmentManifest | None:
        """What was installed; None when that did not come to its end."""
        with suppress(OSError, ValidationError):
            content = (self.folder_of(environment) / MANIFEST_NAME).read_bytes()
            return EnvironmentManifest.model_validate_json(content)
        return None

    def state_of(self, environment: Environment) -> EnvironmentState:
        """Whether it is installed, from the lock of now, with a Python that is there; looks at four files."""
        manifest, folder = self.manifest_of(environment), self.folder_of(environment)
        if manifest is None:
            return "unfinished" if folder.is_dir() else "absent"
        if manifest.lock_sha256 != lock_sha256(environment):
            return "outdated"
        return "installed" if _is_usable(manifest, folder) else "broken"

    def interpreter_of(self, environment: Environment, install_command: str) -> Path:
        """The Python of an installed environment, and never any other.

        Raises EnvironmentNotInstalledError naming `install_command` when it is not there, not finished, not made from
        the lock of now, or without its Python.
        """
        state, manifest = self.state_of(environment), self.manifest_of(environment)
        if state == "installed" and manifest is not None:
            return Path(manifest.interpreter)
        fault = _FAULTS[state].format(folder=self.folder_of(environment))
        raise EnvironmentNotInstalledError(
            f"The environment {environment.name} {fault}",
            expected="an environment that was installed to its end, with exactly the packages of its list",
            next_step=f"Run `{install_command}`",
            environment=environment.name,
        )

    @contextmanager
    def lock(self, environment: Environment, on_note: Note) -> Iterator[None]:
        """Keep other installers from an environment while the block runs; waits for one that is at work on it.

        Waits also for the tools of an installer that was killed, which end by themselves.
        """
        self.folder_of(environment)
        make_folder(self.root, PLACE_SETTING)
        busy = f"another process installs the environment {environment.name}; waiting for it"
        with holding(self.root / f".{environment.name}.lock", busy, on_note):
            with holding(self.leash_of(environment), "waiting for the end of an installation that was killed", on_note):
                pass
            yield

    def make_room(self, environment: Environment) -> Path:
        """A fresh folder for an environment with its requirements in it; for the holder of the lock.

        Raises InstallFailedError where something stands in its place that was not made here.
        """
        self.clear(environment)
        folder = self.folder_of(environment)
        if folder.exists():
            raise InstallFailedError(
                f"{folder} is there already, and was not made by `vmevalkit models install`",
                expected="no such folder, since it would have to be removed",
                next_step=f"Move it away, choose another place with {PLACE_SETTING}, or adopt the Python in it",
            )
        _put_in(folder, REQUIREMENTS_NAME, "".join(f"{line}\n" for line in environment.lock).encode())
        return folder

    def publish(self, environment: Environment, manifest: EnvironmentManifest) -> EnvironmentManifest:
        """The manifest, written: from now on the environment counts as installed."""
        _put_in(self.folder_of(environment), MANIFEST_NAME, manifest.model_dump_json(indent=2).encode())
        return manifest

    def withdraw(self, environment: Environment) -> None:
        """Forget that an environment is installed, and leave its files; for the holder of the lock."""
        (self.folder_of(environment) / MANIFEST_NAME).unlink(missing_ok=True)

    def clear(self, environment: Environment) -> None:
        """Remove what was made here of an environment, and nothing else; for the holder of the lock."""
        folder = self.folder_of(environment)
        (folder / MANIFEST_NAME).unlink(missing_ok=True)
        if (folder / REQUIREMENTS_NAME).is_file():
            discard(folder)
        else:
            with suppress(OSError):  # not there, or somebody keeps things in it
                folder.rmdir()


def _put_in(folder: Path, name: str, content: bytes) -> None:
    """Write a file into a folder; one that is not there yet appears with the file, so that it is known as ours."""
    if folder.is_dir():
        write_atomic(folder / name, content)
        return
    begun = folder.with_name(f".{folder.name}.begun")
    discard(begun)
    make_folder(begun, PLACE_SETTING)
    write_atomic(begun / name, content)
    begun.rename(folder)


def _is_usable(manifest: EnvironmentManifest, folder: Path) -> bool:
    interpreter = Path(manifest.interpreter)
    if not os.access(interpreter, os.X_OK):
        return False
    # Without its settings the Python of an environment is the one it was made from.
    return manifest.installed_by == "adopted" or (
        interpreter == interpreter_in(folder) and (folder / "pyvenv.cfg").is_file()
    )
