"""Ctrl-C, counted instead of raised."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType


class Interrupts:
    """While entered, in the main thread: counts each SIGINT and then calls `wake`, which must be safe in a handler.

    Where SIGINT is ignored, as in a background job, or in another thread, nothing is changed.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.count = 0
        self.raising = False
        """While True, SIGINT raises KeyboardInterrupt as well."""
        self._wake = wake
        self._restore: Callable[[], object] | None = None

    def __enter__(self) -> Interrupts:
        previous = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and previous not in (None, signal.SIG_IGN):
            signal.signal(signal.SIGINT, self._handle)
            self._restore = lambda: signal.signal(signal.SIGINT, previous)
        return self

    def __exit__(self, *_: object) -> None:
        if self._restore is not None:
            self._restore()

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self._wake()
        if self.raising:
            raise KeyboardInterrupt
