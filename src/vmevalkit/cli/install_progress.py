"""How an installation goes: on a terminal a line that changes while a step lasts, elsewhere lines from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text
from typing_extensions import Self

from vmevalkit.cli.output import say
from vmevalkit.cli.text import printable_line

SECONDS_BETWEEN = 10.0
"""How often a step that lasts is told of where there is no terminal."""
_LEAST_SECONDS = 1.0
"""From when on a rate can be told."""


class InstallProgress:
    """Tells how the installation of a model goes, to standard error; `with` takes the changing line away again."""

    def __init__(self, key: str, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._key, self._clock = key, clock
        self._console = console or Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._status: Status | None = None
        self._step = self._fetched = ""
        self._first_bytes, self._began = 0, clock()
        self._last_told = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def note(self, text: str) -> None:
        """A step begins; or it goes on, where the text says more of the last one."""
        if self._step and text.startswith(f"{self._step}: "):
            self._show(text)
            return
        self._step, self._last_told = text, self._clock()
        self._stop()
        say(f"{self._key}: {text}")

    def bytes_here(self, name: str, here: int, total: int) -> None:
        """So many bytes of the weights `name` are here, out of so many."""
        if name != self._fetched:
            self._fetched, self._first_bytes = name, here
            self._began = self._last_told = self._clock()
        pace = self._pace(here, total) if here < total else ", comparing hashes"
        self._show(f"weights {name}: {size(here)} of {size(total)}{pace}")

    def _pace(self, here: int, total: int) -> str:
        seconds, arrived = self._clock() - self._began, here - self._first_bytes
        if seconds < _LEAST_SECONDS or arrived <= 0:
            return ""
        left = timedelta(seconds=round((total - here) * seconds / arrived))
        return f", {size(arrived / seconds)}/s, {left} left"

    def _show(self, text: str) -> None:
        line = f"{self._key}: {printable_line(text)}"
        if not self._console.is_terminal:
            if self._clock() - self._last_told >= SECONDS_BETWEEN:
                self._last_told = self._clock()
                say(line)
        elif self._status is None:
            self._status = self._console.status(Text(line))
            self._status.start()
        else:
            self._status.update(Text(line))

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def size(number: float) -> str:
    """A number of bytes in words, such as `4.5 GB`, in powers of 1000."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            return f"{number / factor:.3g} {unit}" if number < 1000 * factor else f"{number / factor:,.0f} {unit}"
    return f"{number:.0f} bytes"
