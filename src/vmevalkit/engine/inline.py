"""The executor that needs nothing: it works in this process, one call after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class InlineExecutor:
    """Makes each call when it is submitted."""

    slots = 1
    in_process = True
    shares_memory = True

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """The finished future of `function(argument)`; KeyboardInterrupt passes through."""
        future: Future[B] = Future()
        try:
            future.set_result(function(argument))
        except Exception as error:  # noqa: BLE001 (a future holds whatever its call raised)
            future.set_exception(error)
        return future

    def wind_down(self) -> None:
        """Changes nothing: what is under way has begun."""

    def close(self, *, kill: bool = False) -> None:
        """Changes nothing: no worker outlives its call."""
