"""One registry for everything that has a name: models, domains, metrics, judges.

Built-ins and plugins register the same way. A target is a `module:attribute` string, imported on first use. Entry
points of other packages are read only when a name is missed or all names are asked for; a broken one is a warning
that names it.
"""

from __future__ import annotations

import difflib
import importlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from vmevalkit.errors import DuplicateNameError, UnknownNameError

T = TypeVar("T")


class PluginWarning(UserWarning):
    """Another package's plugin could not be used."""


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A registered value and where it came from."""

    value: T
    """What was registered."""
    origin: str
    """File or package that registered it."""


class Registry(Generic[T]):
    """Names of one kind, each with one value.

    `kind` is the noun used in messages; `group` the entry point group other packages register under, where there is
    one. `adopt(name, loaded)` turns what an entry point holds into named values; by default, one value under the
    entry point's own name.
    """

    def __init__(
        self,
        kind: str,
        group: str | None = None,
        adopt: Callable[[str, object], Iterable[tuple[str, T]]] | None = None,
        list_command: str | None = None,
    ) -> None:
        self.kind, self.group, self.list_command = kind, group, list_command
        self._adopt = adopt or (lambda name, loaded: [(name, cast("T", loaded))])
        self._entries: dict[str, Entry[T]] = {}
        self._plugins_loaded = group is None

    def register(self, name: str, value: T, origin: str) -> None:
        """Add `value` under `name`; a name registered twice raises DuplicateNameError naming both origins."""
        if (known := self._entries.get(name)) is not None:
            raise DuplicateNameError(
                f"The {self.kind} {name!r} from {origin} is already registered by {known.origin}",
                next_step="Rename one of the two",
            )
        self._entries[name] = Entry(value, origin)

    def get(self, name: str) -> T:
        """The value called `name`; raises UnknownNameError with near names."""
        if name not in self._entries:
            self._load_plugins()
        if name not in self._entries:
            raise unknown_name(self.kind, name, self._entries, self.list_command)
        return self._entries[name].value

    def origin(self, name: str) -> str:
        """Where the entry called `name` was registered."""
        self.get(name)
        return self._entries[name].origin

    def names(self) -> list[str]:
        """All names, plugins included, in the order they were registered."""
        self._load_plugins()
        return list(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def _load_plugins(self) -> None:
        if self._plugins_loaded or self.group is None:
            return
        self._plugins_loaded = True
        for point in entry_points(group=self.group):
            self._load_plugin(point)

    def _load_plugin(self, point: EntryPoint) -> None:
        package = point.dist.name if point.dist else point.value
        try:
            for name, value in self._adopt(point.name, load_target(point.value)):
                self.register(name, value, origin=f"package {package}")
        except (ImportError, AttributeError, TypeError, ValueError, OSError) as error:
            message = f"plugin {point.name!r} of package {package} is left out: {type(error).__name__}: {error}"
            warnings.warn(message, PluginWarning, stacklevel=2)


def unknown_name(kind: str, name: str, known: Iterable[str], list_command: str | None = None) -> UnknownNameError:
    """The error for a name that is not among the known ones; it suggests near ones and says where to look."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    listing = f"`{list_command}` lists them" if list_command else f"Known: {', '.join(names)}"
    return UnknownNameError(f"Unknown {kind}: {name!r}", next_step=guess + listing, kind=kind, name=name, near=near)


def load_target(target: str) -> object:
    """What the `module:attribute` string names, imported now.

    Raises ImportError, also for a module that fails in any other way while it is imported, and AttributeError.
    """
    module, _, attribute = target.partition(":")
    try:
        imported = importlib.import_module(module)
    except ImportError:
        raise
    except (Exception, SystemExit) as error:  # border: a plugin's module may raise anything
        raise ImportError(f"importing {module} failed: {type(error).__name__}: {error}") from error
    return getattr(imported, attribute)
