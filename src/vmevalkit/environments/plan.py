"""What an installation of an environment would do."""

from __future__ import annotations

from vmevalkit.environments.pins import pins_of
from vmevalkit.environments.shelf import EnvironmentShelf, EnvironmentState
from vmevalkit.environments.tool import Tool, find_tool
from vmevalkit.errors import InstallFailedError
from vmevalkit.records.base import Record
from vmevalkit.records.environment import Environment


class EnvironmentPlan(Record):
    """What an installation would do, and with what."""

    name: str
    """Name of the environment."""
    folder: str
    """Where it is, or will be."""
    state: EnvironmentState
    """Whether it is there; nothing is done for one that is installed."""
    tool: str
    """What makes it, or made it: `uv`, `venv` or `adopted`."""
    python: str | None
    """Its Python, or the one to make it with: a path, or a version that uv finds or fetches; None where none is."""
    packages: int
    """How many packages its list has."""
    gigabytes: float
    """About how much disk it will take, in units of 10^9 bytes; 0 for one that is installed."""

    @property
    def installed(self) -> bool:
        """Whether there is nothing to do."""
        return self.state == "installed"


def plan_environment(environment: Environment, shelf: EnvironmentShelf) -> EnvironmentPlan:
    """What an installation would do now, without doing any of it; an environment that is there tells what made it."""
    state, manifest = shelf.state_of(environment), shelf.manifest_of(environment)
    python: str | None
    if state == "installed" and manifest is not None:
        tool, python, gigabytes = manifest.installed_by, manifest.interpreter, 0.0
    else:
        found = find_tool()
        tool, python, gigabytes = found.name, _python_for(found, environment), environment.gigabytes
    return EnvironmentPlan(
        name=environment.name,
        folder=str(shelf.folder_of(environment)),
        state=state,
        tool=tool,
        python=python,
        packages=len(pins_of(environment)),
        gigabytes=gigabytes,
    )


def _python_for(tool: Tool, environment: Environment) -> str | None:
    try:
        return tool.python_for(environment.python)
    except InstallFailedError:
        return None
