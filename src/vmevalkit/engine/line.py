"""The waiting line of a sweep: which unit may start next."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from vmevalkit.engine.unit import Unit
from vmevalkit.errors import InvalidRequestError

T = TypeVar("T")

_LOOK_AHEAD = 1000
"""Most units held back; a longer stretch of a full group does block the groups behind it."""


class Line(Generic[T]):
    """Gives units in the order of the source, passing over those whose group is full.

    `limits` holds the most units of a group at once, at least 1; a group without a limit is never full.
    """

    def __init__(self, source: Iterator[Unit[T]], limits: Mapping[str, int]) -> None:
        for group, limit in limits.items():
            if limit < 1:
                raise InvalidRequestError(
                    f"The concurrency limit of {group} is {limit}", expected="at least 1", field="limits", value=limit
                )
        self._source = source
        self._limits = limits
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, deque[Unit[T]]] = {}
        self._held = 0

    def take(self) -> Unit[T] | None:
        """The next unit whose group has room, now counted as running; None when there is none at present."""
        if (unit := self._from_waiting() or self._from_source()) is not None:
            self._running[unit.group] += 1
        return unit

    def release(self, unit: Unit[T]) -> None:
        """Makes room for another of the unit's group: it no longer runs."""
        self._running[unit.group] -= 1

    def waiting(self) -> Iterator[Unit[T]]:
        """The units read from the source and held back."""
        for queue in self._waiting.values():
            yield from queue

    def _from_waiting(self) -> Unit[T] | None:
        for group, queue in self._waiting.items():
            if queue and self._has_room(group):
                self._held -= 1
                return queue.popleft()
        return None

    def _from_source(self) -> Unit[T] | None:
        while self._held < _LOOK_AHEAD:
            unit = next(self._source, None)
            if unit is None or self._has_room(unit.group):
                return unit
            self._waiting.setdefault(unit.group, deque()).append(unit)
            self._held += 1
        return None

    def _has_room(self, group: str) -> bool:
        limit = self._limits.get(group)
        return limit is None or self._running[group] < limit
