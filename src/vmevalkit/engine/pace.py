"""How fast a sweep goes and how long it will take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from vmevalkit.engine.summary import Tally, in_words
from vmevalkit.engine.unit import Outcome


class Pace:
    """Counts outcomes against a clock, in seconds. Units done before cost no time, so they count for no speed."""

    def __init__(self, total: int | None, clock: Callable[[], float]) -> None:
        self.total = total
        self.seen = 0
        self._tally = Tally()
        self._clock = clock
        self._worked = 0
        self._since = clock()

    def add(self, outcome: Outcome[object]) -> None:
        """Counts `outcome`."""
        self.seen += 1
        self._tally.add(outcome)
        if outcome.status != "skipped":
            self._worked += 1
        elif not self._worked:
            self._since = self._clock()

    @property
    def rate(self) -> float | None:
        """Units per second since work began; None before the first one."""
        elapsed = self._clock() - self._since
        return self._worked / elapsed if self._worked and elapsed > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Time until the end at this rate; None where rate or total are unknown."""
        return (self.total - self.seen) / self.rate if self.total is not None and self.rate else None

    def in_words(self) -> str:
        """Such as `12 done, 1 failed; 0.5/s, 0:03:20 left`."""
        parts = [] if self.rate is None else [_rate_in_words(self.rate)]
        if self.seconds_left is not None:
            parts.append(f"{timedelta(seconds=round(self.seconds_left))} left")
        return "; ".join(filter(None, (in_words(self._tally.counts), ", ".join(parts))))


def _rate_in_words(rate: float) -> str:
    return f"{rate:.1f}/s" if rate >= 1 else f"{rate * 60:.1f}/min"
