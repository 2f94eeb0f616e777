"""The executor for work that mostly waits, such as jobs at providers: a thread of this process for each slot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class ThreadExecutor:
    """Carries out calls in threads, started when first needed.

    A thread cannot be killed: `stop` makes whatever the calls wait for end with KeyboardInterrupt, and `wind_down` does
    so where nothing that counts has begun.
    """

    in_process = False
    shares_memory = True

    def __init__(self, slots: int, stop: Callable[[], None], wind_down: Callable[[], None]) -> None:
        self.slots = slots
        self._stop, self._wind_down = stop, wind_down
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="engine")

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """A future of `function(argument)`."""
        return self._threads.submit(function, argument)

    def wind_down(self) -> None:
        """Gives up the calls that have not begun anything that counts."""
        self._wind_down()

    def close(self, *, kill: bool = False) -> None:
        """Waits for the calls under way; with `kill` they are stopped first."""
        if kill:
            self._stop()
        self._threads.shutdown(wait=True, cancel_futures=kill)
