"""The executor for work that mostly waits, such as jobs at providers: a thread of this process for each slot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class ThreadExecutor:
    """Carries out calls in threads, started when first needed.

    A thread cannot be killed: `stop` makes whatever the calls wait for end with KeyboardInterrupt.
    """

    in_process = False
    shares_memory = True

    def __init__(self, slots: int, stop: Callable[[], None]) -> None:
        self.slots = slots
        self._stop = stop
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="engine")

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """A future of `function(argument)`."""
        return self._threads.submit(function, argument)

    def close(self, *, kill: bool = False) -> None:
        """Waits for the calls under way; with `kill` they are stopped first."""
        if kill:
            self._stop()
        self._threads.shutdown(wait=True, cancel_futures=kill)
