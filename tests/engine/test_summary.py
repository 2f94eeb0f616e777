from __future__ import annotations

import pytest

from vmevalkit.engine.summary import SweepSummary, Tally, in_words
from vmevalkit.engine.unit import Outcome, OutcomeStatus
from vmevalkit.records.generation import Failure

OVER_BUDGET = Failure(type="BudgetExceededError", message="Too much")


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        (SweepSummary(total=2, done=1, skipped=1), 0),
        (SweepSummary(total=1, busy=1), 0),
        (SweepSummary(total=2, done=1, failed=1), 1),
        (SweepSummary(total=2, failed=1, not_started=1, stopped_by=OVER_BUDGET), 4),
        (SweepSummary(total=2, failed=1, not_started=1, stopped_by=OVER_BUDGET, interrupted=True), 130),
    ],
)
def test_exit_code_names_the_gravest_thing(summary: SweepSummary, code: int) -> None:
    assert summary.exit_code == code


def test_every_outcome_is_counted_once() -> None:
    tally = Tally()
    every: tuple[OutcomeStatus, ...] = ("done", "failed", "skipped", "busy", "interrupted", "not_started")
    for status in (*every, "done"):
        tally.add(Outcome("key", "group", status, cost=0.25))
    summary = tally.summary(seconds=1.0, interrupted=False, stopped_by=None)
    assert summary.counts == {status: 2 if status == "done" else 1 for status in every}
    assert (summary.total, summary.cost) == (7, 1.75)


def test_words_leave_out_what_did_not_happen() -> None:
    assert in_words({"failed": 1, "not_started": 3, "busy": 0}) == "0 done, 1 failed, 3 not started"
