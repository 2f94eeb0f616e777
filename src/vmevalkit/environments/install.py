"""Installing environments: each from its lock, with uv or venv, or taken over from somebody who prepared it."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

from vmevalkit.environments.clearing import placing
from vmevalkit.environments.command import Commands
from vmevalkit.environments.holding import Note
from vmevalkit.environments.pins import differences, lock_sha256, pins_of
from vmevalkit.environments.probe import Probe, probe_environment
from vmevalkit.environments.shelf import PLACE_SETTING, REQUIREMENTS_NAME, EnvironmentShelf
from vmevalkit.environments.tool import Tool, find_tool, interpreter_in
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError
from vmevalkit.records.environment import Environment, EnvironmentManifest

ADOPTED = "adopted"


def install_environment(
    environment: Environment,
    shelf: EnvironmentShelf,
    *,
    interpreter: Path | None = None,
    tool: Tool | None = None,
    on_note: Note,
) -> EnvironmentManifest:
    """The manifest of an installed environment; returns at once when it is installed from the same lock.

    Otherwise it is built anew, with the tool that `find_tool` finds unless one is given. With `interpreter`, the
    Python of an environment that somebody else prepared is taken over as it is: how its packages differ from the lock
    is told, not mended. Raises InstallFailedError; a call that is killed leaves nothing that passes for installed.
    """
    if (manifest := _present(environment, shelf, interpreter)) is not None:
        return manifest
    with shelf.lock(environment, on_note), placing(shelf.folder_of(environment), PLACE_SETTING):
        if (manifest := _present(environment, shelf, interpreter)) is not None:
            return manifest
        commands = Commands(
            f"The environment {environment.name}", shelf.log_of(environment), shelf.leash_of(environment), on_note
        )
        commands.start_log()
        if interpreter is not None:
            return _adopt(environment, shelf, interpreter.absolute(), commands)
        return _build(environment, shelf, tool or find_tool(), commands)


def verify_environment(
    environment: Environment, shelf: EnvironmentShelf, install_command: str, *, on_note: Note
) -> None:
    """Nothing where an installed environment holds what it held, and imports what it must.

    Else it no longer counts as installed, so that `install_command` mends it, and EnvironmentNotInstalledError is
    raised, which names that.
    """
    shelf.interpreter_of(environment, install_command)
    with shelf.lock(environment, on_note):
        manifest = shelf.manifest_of(environment)
        if manifest is None:
            return
        name = f"The environment {environment.name}"
        commands = Commands(name, shelf.log_of(environment), shelf.leash_of(environment), on_note)
        try:
            packages = probe_environment(environment, Path(manifest.interpreter), commands).packages
        except InstallFailedError as error:
            fault = error.given
        else:
            changed = sorted({each for each, _ in packages.items() ^ manifest.packages.items()})
            if not changed:
                return
            fault = f"{name} has changed since it was installed: {', '.join(changed)}"
        shelf.withdraw(environment)
    raise EnvironmentNotInstalledError(
        fault,
        expected="the packages that were installed, each importable",
        next_step=f"Run `{install_command}`",
        environment=environment.name,
    )


def remove_environment(environment: Environment, shelf: EnvironmentShelf, *, on_note: Note) -> bool:
    """Whether there was anything to remove; an adopted environment is forgotten, and stays where it is."""
    if not shelf.folder_of(environment).is_dir():
        return False
    with shelf.lock(environment, on_note):
        shelf.clear(environment)
        shelf.log_of(environment).unlink(missing_ok=True)
    return True


def _present(environment: Environment, shelf: EnvironmentShelf, interpreter: Path | None) -> EnvironmentManifest | None:
    manifest = shelf.manifest_of(environment)
    if manifest is None or shelf.state_of(environment) != "installed":
        return None
    return manifest if interpreter is None or manifest.interpreter == str(interpreter.absolute()) else None


def _build(environment: Environment, shelf: EnvironmentShelf, tool: Tool, commands: Commands) -> EnvironmentManifest:
    pins, python = pins_of(environment), tool.python_for(environment.python)
    folder = shelf.make_room(environment)
    interpreter = interpreter_in(folder)
    commands.run(
        tool.creating(python, folder),
        f"making the environment {environment.name} with {tool.name}, Python {python}",
        expected=f"a Python {' or '.join(environment.python)} that can make environments, and free space",
        next_step="Install such a Python with its venv module (on Debian: python3-venv), or uv: `pip install uv`",
    )
    commands.run(
        tool.installing(interpreter, folder / REQUIREMENTS_NAME),
        f"installing {len(pins)} packages, about {environment.gigabytes:g} GB, with {tool.name}",
        expected="that every package can be had for this Python and this machine",
        next_step=f"Mirrors and folders of packages are chosen with {tool.mirrors}; run the same command again",
    )
    probe = probe_environment(environment, interpreter, commands)
    if wrong := list(differences(pins, probe.packages, probe.markers)):
        raise InstallFailedError(
            f"{tool.name} installed something else into the environment {environment.name}: {', '.join(wrong)}",
            expected="exactly the packages of its list",
            next_step=f"See {commands.log}, and which settings of {tool.name} change what it installs",
            log=str(commands.log),
        )
    return shelf.publish(environment, _manifest(environment, interpreter, probe, tool.name))


def _adopt(
    environment: Environment, shelf: EnvironmentShelf, interpreter: Path, commands: Commands
) -> EnvironmentManifest:
    if not (interpreter.is_file() and os.access(interpreter, os.X_OK)):
        raise InstallFailedError(
            f"{interpreter} is not there, or cannot be run",
            expected="the Python of an environment, such as /opt/conda/envs/video/bin/python",
            next_step="Give the path of that file",
        )
    pins = pins_of(environment)
    probe = probe_environment(environment, interpreter, commands)
    for difference in differences(pins, probe.packages, probe.markers):
        commands.on_note(f"{environment.name}: {difference}")
    if not interpreter.is_relative_to(shelf.folder_of(environment)):
        before = shelf.manifest_of(environment)
        if before is not None and before.installed_by != ADOPTED:
            commands.on_note(f"{environment.name}: takes the place of the environment that was made here, which goes")
        shelf.clear(environment)
    return shelf.publish(environment, _manifest(environment, interpreter, probe, ADOPTED))


def _manifest(environment: Environment, interpreter: Path, probe: Probe, installed_by: str) -> EnvironmentManifest:
    return EnvironmentManifest(
        name=environment.name,
        interpreter=str(interpreter),
        python_version=probe.python_version,
        lock_sha256=lock_sha256(environment),
        packages=probe.packages,
        installed_by=installed_by,
        created_at=datetime.now(timezone.utc),
    )
