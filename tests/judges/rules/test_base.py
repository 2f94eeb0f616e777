from __future__ import annotations

import pytest

from vmevalkit.judges.finding import Finding
from vmevalkit.judges.rules.base import at, scattered
from vmevalkit.records.verdict import Check

GOOD, BAD = (Check(name="x", passed=passed, reason=f"passed: {passed}") for passed in (True, False))


def test_all_checks_passed_is_solved() -> None:
    verdict = Finding(0.9, (GOOD, GOOD)).verdict()
    assert (verdict.solved, verdict.score) == (True, 1)


@pytest.mark.parametrize(
    ("progress", "checks", "score"),
    [
        (1.0, (GOOD, BAD), 0.5),
        (1.0, (GOOD, BAD, BAD), 0.25),
        (0.6, (BAD, GOOD), 0.6),
        (0.0, (BAD, GOOD), 0.0),
        (1.0, (BAD, GOOD), 0.99),
    ],
)
def test_credit_is_the_progress_halved_with_every_broken_rule(
    progress: float, checks: tuple[Check, ...], score: float
) -> None:
    verdict = Finding(progress, checks).verdict()
    assert (verdict.solved, verdict.score) == (False, score)


def test_the_reason_is_the_check_that_decided() -> None:
    assert Finding(1, (GOOD, BAD)).verdict().reason == BAD.reason


def test_a_finding_without_a_check_says_nothing() -> None:
    with pytest.raises(ValueError, match="at least one check"):
        Finding(1, ())


def test_frames_are_named_as_people_would() -> None:
    assert [at([7]), at([7, 12])] == ["frame 7", "frames 7 to 12"]
    assert [scattered([7]), scattered([5, 79]), scattered([5, 6, 7])] == ["frame 7", "frames 5 and 79", "frames 5 to 7"]
    assert scattered([5, 6, 79]) == "3 frames between 5 and 79"
