"""The domains that tasks can be created for; a generator is imported when it is used."""

from __future__ import annotations

from functools import cache

from vmevalkit.registry import Registry, load_target
from vmevalkit.tasks.domains.base import Domain


@cache
def domains() -> Registry[str]:
    """The `module:attribute` string of every domain, by name."""
    registry: Registry[str] = Registry("domain", list_command="vmevalkit tasks domains")
    for name in ("chess", "maze", "raven", "rotation", "sudoku"):
        registry.register(name, f"vmevalkit.tasks.domains.{name}:DOMAIN", origin="vmevalkit")
    return registry


def load_domain(name: str) -> Domain:
    """The domain called `name`; raises UnknownNameError with near names."""
    loaded = load_target(domains().get(name))
    if not isinstance(loaded, Domain):
        raise TypeError(f"expected a Domain, got {loaded!r}")
    return loaded
