"""Telling people how a sweep goes: a live bar on a terminal, plain lines elsewhere. Never on standard output."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol, TextIO

from vmevalkit.engine.pace import Pace
from vmevalkit.engine.summary import SweepSummary, in_words
from vmevalkit.engine.unit import Outcome

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_FAILURES_TOLD = 3
"""Failures told in full while the sweep runs; records hold them all."""
_LONGEST_LINE = 500
"""Characters."""


class Progress(Protocol):
    """What a sweep reports to, from one thread."""

    def start(self, total: int | None, noun: str) -> None:
        """The sweep begins; `total` is None where the number of units is not known beforehand."""

    def update(self, outcome: Outcome[object]) -> None:
        """A unit has ended."""

    def note(self, text: str) -> None:
        """Something to know."""

    def step(self, text: str) -> None:
        """How far a unit under way is; told from whatever thread it is in, and only shown from time to time."""

    def finish(self, summary: SweepSummary) -> None:
        """The sweep is over, or was broken off by an error."""


class QuietProgress:
    """Says nothing."""

    def start(self, total: int | None, noun: str) -> None:
        """Says nothing."""

    def update(self, outcome: Outcome[object]) -> None:
        """Says nothing."""

    def note(self, text: str) -> None:
        """Says nothing."""

    def step(self, text: str) -> None:
        """Says nothing."""

    def finish(self, summary: SweepSummary) -> None:
        """Says nothing."""


class _CountingProgress(ABC):
    """What bar and lines have in common: what is told, and how often."""

    seconds_between: ClassVar[float]

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._noun = "items"
        self._pace = Pace(None, clock)
        self._last_shown = clock()
        self._failures_told = 0
        self._under_way = ""

    def start(self, total: int | None, noun: str) -> None:
        """The sweep begins."""
        self._noun = noun
        self._pace = Pace(total, self._clock)
        self._last_shown = self._clock()
        self._failures_told = 0

    def update(self, outcome: Outcome[object]) -> None:
        """Tells of a failure, while there were few, and from time to time how far the sweep is."""
        self._pace.add(outcome)
        self._under_way = ""
        if (failure := _failure_line(outcome)) and self._failures_told < _FAILURES_TOLD:
            self._failures_told += 1
            self.note(failure)
        self._show_from_time_to_time()

    def step(self, text: str) -> None:
        """Tells from time to time how far the unit under way is."""
        self._under_way = text
        self._show_from_time_to_time()

    def _show_from_time_to_time(self) -> None:
        if self._clock() - self._last_shown >= self.seconds_between:
            self._last_shown = self._clock()
            self._show()

    @property
    def _words(self) -> str:
        return "; ".join(filter(None, (self._pace.in_words(), self._under_way)))

    @abstractmethod
    def note(self, text: str) -> None:
        """Writes `text` as one line."""

    def finish(self, summary: SweepSummary) -> None:
        """Says how it ended."""
        self.note(_ending_line(summary, self._noun))

    @abstractmethod
    def _show(self) -> None:
        """Shows how far the sweep is."""


class PlainProgress(_CountingProgress):
    """Writes lines without control characters: one every few seconds, the first failures, the end."""

    seconds_between = 5.0

    def start(self, total: int | None, noun: str) -> None:
        """Says how many units there are."""
        super().start(total, noun)
        if total is not None:
            self.note(f"{total} {noun}")

    def note(self, text: str) -> None:
        """Writes `text` as one line."""
        self._stream.write(_one_line(text) + "\n")
        self._stream.flush()

    def _show(self) -> None:
        of_total = "" if self._pace.total is None else f"/{self._pace.total}"
        self.note(f"{self._pace.seen}{of_total} {self._noun}: {self._words}")


class RichProgress(_CountingProgress):
    """Draws a live bar with counts, rate and time left; the first failures scroll by above it."""

    seconds_between = 0.1

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream, clock)
        self._bar = _new_bar(stream)

    def start(self, total: int | None, noun: str) -> None:
        """Shows the bar."""
        super().start(total, noun)
        self._bar.add_task(noun, total=total, words="")
        self._bar.start()

    def note(self, text: str) -> None:
        """Writes `text` above the bar."""
        self._bar.console.print(_one_line(text), markup=False, highlight=False, soft_wrap=True)

    def finish(self, summary: SweepSummary) -> None:
        """Takes the bar away and says how it ended."""
        self._bar.stop()
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        super().finish(summary)

    def _show(self) -> None:
        for task in self._bar.task_ids:
            self._bar.update(task, completed=self._pace.seen, words=self._words)


def progress_for(stream: TextIO, *, quiet: bool = False) -> Progress:
    """The progress that suits `stream`: a bar on a terminal, lines in a file or pipe, nothing when `quiet`."""
    if quiet:
        return QuietProgress()
    return RichProgress(stream) if stream.isatty() else PlainProgress(stream)


def _new_bar(stream: TextIO) -> Bar:
    from rich import console, progress  # noqa: PLC0415 (slow to import, for a bar that is often not drawn)

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=24),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[words]}", markup=False),
    )
    return progress.Progress(*columns, console=console.Console(file=stream), transient=True, redirect_stdout=False)


def _failure_line(outcome: Outcome[object]) -> str | None:
    if outcome.status != "failed":
        return None
    return f"{outcome.key}: {outcome.failure.type}: {outcome.failure.message}" if outcome.failure else outcome.key


def _ending_line(summary: SweepSummary, noun: str) -> str:
    cost = f", ${summary.cost:.2f}" if summary.cost else ""
    why = "Interrupted. " if summary.interrupted else ""
    why += f"{summary.stopped_by.message} " if summary.stopped_by else ""
    took = timedelta(seconds=round(summary.seconds))
    return f"{why}{summary.total} {noun}: {in_words(summary.counts)} in {took}{cost}"


def _one_line(text: str) -> str:
    """`text` without line ends and control characters, cut where it grows too long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"
