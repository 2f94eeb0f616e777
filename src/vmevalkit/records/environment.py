"""Environments: Python environments of their own for open models, each shared by the models that agree on packages."""

from __future__ import annotations

from pydantic import Field

from vmevalkit.records.base import InsidePath, Moment, Record


class EnvironmentEntry(Record):
    """What an environment must hold, without its name, which the catalog file gives."""

    description: str
    """Which models it serves, in a few words."""
    python: tuple[str, ...] = Field(min_length=1)
    """Versions of Python it works with, such as `3.11`, the preferred one first."""
    lock: tuple[str, ...] = Field(min_length=1)
    """Every package with its exact version, one requirement a line."""
    named: tuple[str, ...] = ()
    """Packages whose versions matter for a video, for the records."""
    imports: tuple[str, ...] = ()
    """Modules that must be importable for it to count as installed."""
    gigabytes: float = Field(gt=0)
    """About how much disk it takes, in units of 10^9 bytes."""


class Environment(EnvironmentEntry):
    """An environment with its name."""

    name: str = Field(pattern=r"^[a-z0-9][\w.-]*$")
    """The word it is known by, such as `diffusers`; also the name of its folder."""


class SourceTree(Record):
    """Somebody's code at one commit, for models that no package holds."""

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*$")
    """What it is called here."""
    repository: str
    """Where git fetches it."""
    commit: str = Field(pattern=r"^[0-9a-f]{7,40}$")
    """The commit, reachable from the public history."""
    licence: str
    """SPDX identifier or name of the licence of the code."""
    needs: tuple[InsidePath, ...] = ()
    """Files that must be there for the checkout to be whole."""


class EnvironmentManifest(Record):
    """What is in an environment. Written last, so that a folder without one is not complete."""

    name: str
    """Name of the environment."""
    interpreter: str
    """Its Python, as an absolute path."""
    python_version: str
    """Version of that Python."""
    lock_sha256: str
    """Hash of the lock it was made from."""
    packages: dict[str, str]
    """Version by distribution, as found in it."""
    installed_by: str
    """`uv`, `venv`, or `adopted` for one that was made elsewhere."""
    created_at: Moment
    """When it was complete."""
