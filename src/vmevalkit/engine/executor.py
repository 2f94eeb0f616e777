"""What a sweep needs of the machine that carries out its items."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Carries out calls, each in one of its slots. Whoever makes an executor closes it."""

    @property
    def slots(self) -> int:
        """How many calls may be under way at once; at least 1."""

    @property
    def in_process(self) -> bool:
        """True when `submit` itself makes the call, in this process: Ctrl-C then interrupts the call."""

    @property
    def shares_memory(self) -> bool:
        """True when calls are made in this process, in whatever thread: nothing has to be picklable."""

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """A future of `function(argument)`, or of WorkerCrashedError when the process doing it died."""

    def wind_down(self) -> None:
        """Gives up the calls that have not begun anything that counts, such as a paid job; the others go on."""

    def close(self, *, kill: bool = False) -> None:
        """Ends the workers: once they have finished what is under way, or with `kill` at once."""
