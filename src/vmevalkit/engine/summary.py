"""What a sweep amounts to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from vmevalkit.engine.unit import Outcome, OutcomeStatus
from vmevalkit.errors import EXIT_INTERRUPTED
from vmevalkit.records.base import Record
from vmevalkit.records.generation import Failure


class SweepSummary(Record):
    """How many units ended in which way, and why the sweep stopped early if it did."""

    total: int
    """Units in the sweep; the six counts below add up to it."""
    done: int = 0
    """Carried out with success."""
    failed: int = 0
    """Carried out without."""
    skipped: int = 0
    """Done before."""
    busy: int = 0
    """Left to somebody else who is at it."""
    items_interrupted: int = 0
    """Under way when the sweep was interrupted, and cut short."""
    not_started: int = 0
    """Left over when the sweep stopped early; it was not asked which of them were done before."""
    cost: float = 0.0
    """US dollars: actual cost where known, else forecast."""
    seconds: float = 0.0
    """Time the sweep took."""
    interrupted: bool = False
    """True when Ctrl-C ended it."""
    stopped_by: Failure | None = None
    """The exceeded budget, where that ended it."""

    @property
    def counts(self) -> dict[OutcomeStatus, int]:
        """Units by the way they ended."""
        return {
            "done": self.done,
            "failed": self.failed,
            "skipped": self.skipped,
            "busy": self.busy,
            "interrupted": self.items_interrupted,
            "not_started": self.not_started,
        }

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some units failed, 4 stopped by the budget, 130 interrupted."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.stopped_by is not None:
            return 4
        return 1 if self.failed else 0


class Tally:
    """Counts outcomes as they come."""

    def __init__(self) -> None:
        self.counts: Counter[OutcomeStatus] = Counter()
        self.cost = 0.0

    def add(self, outcome: Outcome[object]) -> None:
        """Counts `outcome`."""
        self.counts[outcome.status] += 1
        self.cost += outcome.cost

    def summary(self, *, seconds: float, interrupted: bool, stopped_by: Failure | None) -> SweepSummary:
        """The counts so far as a record."""
        return SweepSummary(
            total=self.counts.total(),
            done=self.counts["done"],
            failed=self.counts["failed"],
            skipped=self.counts["skipped"],
            busy=self.counts["busy"],
            items_interrupted=self.counts["interrupted"],
            not_started=self.counts["not_started"],
            cost=self.cost,
            seconds=seconds,
            interrupted=interrupted,
            stopped_by=stopped_by,
        )


def in_words(counts: Mapping[OutcomeStatus, int]) -> str:
    """Such as `12 done, 1 failed`: every count that is not 0, and always the number done."""
    order: tuple[OutcomeStatus, ...] = ("done", "failed", "skipped", "busy", "interrupted", "not_started")
    told = [status for status in order if counts.get(status) or status == "done"]
    return ", ".join(f"{counts.get(status, 0)} {status.replace('_', ' ')}" for status in told)
