"""Pins: the lock of an environment, and how what is installed differs from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from vmevalkit.errors import InstallFailedError
from vmevalkit.hashes import hash_json
from vmevalkit.records.environment import Environment


def lock_sha256(environment: Environment) -> str:
    """Hash of the lock as it is now."""
    return hash_json(list(environment.lock))


def pins_of(environment: Environment) -> list[Requirement]:
    """The requirements of the lock, without the lines that are options; raises InstallFailedError for other lines."""
    return [_pin(environment, line) for line in environment.lock if not line.startswith("-")]


def differences(pins: list[Requirement], packages: Mapping[str, str], markers: Mapping[str, str]) -> Iterator[str]:
    """What of the pins is missing or has another version, in words.

    `packages` has the version of each distribution, `markers` what the Python of the environment says of itself.
    """
    for pin in pins:
        if pin.marker is not None and not pin.marker.evaluate(dict(markers)):
            continue
        found = packages.get(canonicalize_name(pin.name))
        if found is None:
            yield f"{pin.name} is missing"
        elif not pin.specifier.contains(found, prereleases=True):
            yield f"{pin.name} is {found}, not {pin.specifier}"


def _pin(environment: Environment, line: str) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement as error:
        raise InstallFailedError(
            f"The lock of the environment {environment.name} has the line {line!r}",
            expected="one requirement a line, such as `numpy==2.4.6`",
            next_step="Mend the catalog file that describes the environment",
        ) from error
