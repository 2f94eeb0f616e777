"""Probing: asking the Python of an environment what it can import and what is installed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from packaging.utils import canonicalize_name
from pydantic import ValidationError, field_validator

from vmevalkit.environments import inspection
from vmevalkit.environments.command import Commands
from vmevalkit.errors import InstallFailedError
from vmevalkit.records.base import Record
from vmevalkit.records.environment import Environment

REPLY_NAME = "reply.json"


class Probe(Record):
    """What the Python of an environment says of itself."""

    failures: dict[str, str]
    """Why a module cannot be imported, by module."""
    packages: dict[str, str]
    """Version by distribution, whose names are in the normal form."""
    markers: dict[str, str]
    """What requirements may ask about the interpreter."""

    @field_validator("packages")
    @classmethod
    def _in_normal_form(cls, packages: dict[str, str]) -> dict[str, str]:
        return dict(sorted((canonicalize_name(name), version) for name, version in packages.items()))

    @property
    def python_version(self) -> str:
        """Version of the Python, such as `3.11.7`."""
        return self.markers["python_full_version"]


def probe_environment(environment: Environment, interpreter: Path, commands: Commands) -> Probe:
    """What is in the environment of `interpreter`, after importing all that must be importable.

    Raises InstallFailedError where it is no Python, or a module cannot be imported, with the reason.
    """
    with tempfile.TemporaryDirectory() as place:
        reply = Path(place) / REPLY_NAME
        commands.run(
            [interpreter, "-I", inspection.__file__, reply, *environment.imports],
            f"importing {', '.join(environment.imports)}" if environment.imports else "asking what is installed",
            expected="a Python of version 3.8 or later that can import them",
            next_step="Look for the library that is missing or does not go with this machine",
        )
        probe = _read(reply, interpreter)
    for module, reason in probe.failures.items():
        raise InstallFailedError(
            f"The environment {environment.name} cannot import {module}: {reason}",
            expected=f"that {interpreter} imports {', '.join(environment.imports)}",
            next_step=f"The whole traceback is in {commands.log}; mend what it says, then run the same command again",
            log=str(commands.log),
        )
    return probe


def _read(reply: Path, interpreter: Path) -> Probe:
    try:
        return Probe.model_validate_json(reply.read_bytes())
    except (OSError, ValidationError) as error:
        raise InstallFailedError(
            f"{interpreter} did not say what is installed",
            expected="the Python of an environment",
            next_step="Give the path of a file such as /opt/conda/envs/video/bin/python",
        ) from error
