"""Where the marks of an interval plot go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vmevalkit.records.score import Interval
from vmevalkit.report.board import Role, Row
from vmevalkit.report.wording import percent, span

ROW_HEIGHT = 40
AXIS_HEIGHT = 24
TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Mark:
    """One model on a plot; places are percent of the width, from the left, and pixels from the top."""

    label: str
    """The model."""
    role: Role
    """What it is there for."""
    at: float
    """The rate."""
    low: float
    """Lower end of its interval."""
    high: float
    """Upper end."""
    text: str
    """The numbers in words."""
    top: int
    """Where its row begins."""


@dataclass(frozen=True)
class Plot:
    """Rates with intervals, one row for each model."""

    title: str
    """What is plotted."""
    marks: tuple[Mark, ...]
    """The rows."""

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return len(self.marks) * ROW_HEIGHT + AXIS_HEIGHT

    @property
    def description(self) -> str:
        """The plot in words."""
        return "; ".join(f"{mark.label} {mark.text}" for mark in self.marks)


def overall_plot(rows: Sequence[Row]) -> Plot:
    """The means of domains; models without all domains are left out."""
    partly = " (partly weaker evidence)" if any(row.pooled.weak for row in rows) else ""
    found = [(row, row.overall.rate, row.overall.interval, row.pooled.n) for row in rows if row.overall.is_whole]
    return _plot(f"Share solved, mean of domains{partly}, with 95 % intervals", found)


def domain_plot(rows: Sequence[Row], domain: str, *, weak: bool) -> Plot:
    """The rates in one domain."""
    cells = [(row, cell) for row in rows for cell in row.cells if cell.domain == domain]
    found = [(row, cell.rate, cell.interval, cell.n) for row, cell in cells]
    evidence = " (weaker evidence)" if weak else ""
    return _plot(f"Share solved in {domain}{evidence}, with 95 % intervals", found)


def _plot(title: str, found: Iterable[tuple[Row, float | None, Interval | None, int]]) -> Plot:
    marks: list[Mark] = []
    for row, rate, interval, n in found:
        if rate is not None and interval is not None:
            text = f"{percent(rate, n)}, {span(interval.low, interval.high, n)}"
            at, low, high = (round(value * 100, 2) for value in (rate, interval.low, interval.high))
            marks.append(Mark(row.model, row.role, at, low, high, text, len(marks) * ROW_HEIGHT))
    return Plot(title, tuple(marks))
