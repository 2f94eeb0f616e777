"""The units under way: starting them, waiting for them, ending them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from time import perf_counter
from typing import Generic, TypeVar

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.interrupt import Interrupts
from vmevalkit.engine.item import Call, Ended, carry_out
from vmevalkit.engine.unit import Unit
from vmevalkit.errors import WorkerCrashedError
from vmevalkit.retry import classify, failure_of

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class _Departure(Generic[T]):
    unit: Unit[T]
    number: int
    at: float


@dataclass(frozen=True)
class Landing(Generic[T, R]):
    """A unit that is no longer under way."""

    unit: Unit[T]
    """The unit."""
    ended: Ended[R]
    """What came of it."""


class Flight(Generic[T, R]):
    """The units under way, never more than the executor has slots.

    A unit whose worker died is started again, until it was tried `crash_attempts` times.
    """

    def __init__(self, perform: Callable[[T], R], executor: Executor, crash_attempts: int) -> None:
        self.interrupts = Interrupts(wake=lambda: self._landed.put(None))
        self._perform, self._executor, self._crash_attempts = perform, executor, crash_attempts
        self._under_way: dict[Future[Ended[R]], _Departure[T]] = {}
        self._landed: SimpleQueue[Future[Ended[R]] | None] = SimpleQueue()
        self._killed = False

    def __len__(self) -> int:
        return len(self._under_way)

    @property
    def has_room(self) -> bool:
        """True when another unit can be started."""
        return len(self._under_way) < self._executor.slots

    @property
    def working(self) -> int:
        """Units still being worked on; the others only wait to land."""
        return sum(not future.done() for future in self._under_way)

    def start(self, unit: Unit[T], number: int = 1) -> None:
        """Puts the unit under way, for the `number`th time."""
        future = self._submitted(unit)
        self._under_way[future] = _Departure(unit, number, perf_counter())
        future.add_done_callback(self._landed.put)

    def land(self) -> Landing[T, R] | None:
        """Waits for one unit to end; None when Ctrl-C, or a unit that was started again, ended the wait."""
        future = self._landed.get()
        departure = self._under_way.pop(future, None) if future else None
        if future is None or departure is None:
            return None
        if self._is_worth_another_try(future, departure):
            self.start(departure.unit, departure.number + 1)
            return None
        return Landing(departure.unit, self._ended(future, departure))

    def wind_down(self) -> None:
        """Gives up the units that have not begun anything that counts; they land as interrupted."""
        self._executor.wind_down()

    def kill(self) -> None:
        """Ends the workers at once; the units they were at land as interrupted."""
        if self._killed:
            return
        self._killed = True
        self._executor.close(kill=True)
        for future in self._under_way:
            if not future.done():
                self._landed.put(future)

    def _submitted(self, unit: Unit[T]) -> Future[Ended[R]]:
        try:
            self.interrupts.raising = self._executor.in_process
            future = self._executor.submit(carry_out, Call(self._perform, unit.payload))
            self.interrupts.raising = False
        except KeyboardInterrupt as error:
            self.interrupts.raising = False
            future = Future()
            future.set_exception(error)
        return future

    def _is_worth_another_try(self, future: Future[Ended[R]], departure: _Departure[T]) -> bool:
        if self._killed or self.interrupts.count or departure.number >= self._crash_attempts:
            return False
        error = None if future.cancelled() else future.exception()
        return isinstance(error, WorkerCrashedError) and classify(error) != "never"

    def _ended(self, future: Future[Ended[R]], departure: _Departure[T]) -> Ended[R]:
        seconds = perf_counter() - departure.at
        if not future.done() or future.cancelled():
            return Ended(None, failure_of(KeyboardInterrupt("Stopped")), seconds)
        error = future.exception()
        if error is None:
            return future.result()
        if self._killed and isinstance(error, WorkerCrashedError):
            error = KeyboardInterrupt("Killed by the second Ctrl-C")
        return Ended(None, failure_of(error), seconds)
