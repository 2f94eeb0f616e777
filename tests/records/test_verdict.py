from __future__ import annotations

import pytest
from pydantic import ValidationError

from vmevalkit.records.verdict import Verdict


def test_a_solved_verdict_has_the_full_score() -> None:
    assert Verdict(outcome="answered", solved=True, score=1, reason="it is there").at_fault is None


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "answered", "reason": "no answer in it"},
        {"outcome": "answered", "solved": True, "score": 0.5, "reason": "solved in part"},
        {"outcome": "answered", "solved": False, "score": 1, "reason": "all of it, but unsolved"},
        {"outcome": "answered", "solved": False, "score": 0, "reason": "x", "at_fault": "video"},
        {"outcome": "unparsed", "solved": False, "score": 0, "reason": "0 by accident", "at_fault": "video"},
        {"outcome": "failed", "reason": "nobody's fault"},
    ],
)
def test_a_verdict_that_contradicts_itself_cannot_be_made(facts: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Verdict.model_validate(facts)
