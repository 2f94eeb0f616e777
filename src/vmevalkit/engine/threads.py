"""The executor for work that mostly waits, such as jobs at providers: a thread of this process for each slot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Waiting(Protocol):
    """What the calls wait for. A thread cannot be killed: what it waits for is ended, with KeyboardInterrupt."""

    def wind_down(self) -> None:
        """Ends the waits of calls that have not begun anything that counts."""

    def stop_all(self) -> None:
        """Ends all waits."""

    def resume(self) -> None:
        """Lets new waits begin."""


class ThreadExecutor:
    """Carries out calls in threads, started when first needed."""

    in_process = False
    shares_memory = True

    def __init__(self, slots: int, *waiting: Waiting) -> None:
        self.slots = slots
        self._waiting = waiting
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="engine")

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """A future of `function(argument)`."""
        return self._threads.submit(function, argument)

    def wind_down(self) -> None:
        """Gives up the calls that have not begun anything that counts."""
        for each in self._waiting:
            each.wind_down()

    def close(self, *, kill: bool = False) -> None:
        """Waits for the calls under way; with `kill` they are stopped first."""
        if kill:
            for each in self._waiting:
                each.stop_all()
        self._threads.shutdown(wait=True, cancel_futures=kill)
        for each in self._waiting:
            each.resume()
