from __future__ import annotations

import pytest
from pydantic import ValidationError

from vmevalkit.records.score import ComparabilityKey, Score

KEY = ComparabilityKey(metric="ssim", implementation="vmevalkit 1")


def test_a_missing_value_needs_a_reason() -> None:
    score = Score(key=KEY, value=None, unit="", direction="higher_is_better", scope="pair", n=0, reason="one frame")
    assert score.value is None


@pytest.mark.parametrize("facts", [{"value": None}, {"value": 0.5, "reason": "?"}, {"value": float("nan")}])
def test_a_value_without_meaning_cannot_be_recorded(facts: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Score.model_validate({"key": KEY, "unit": "", "direction": "neither", "scope": "run", "n": 1, **facts})
