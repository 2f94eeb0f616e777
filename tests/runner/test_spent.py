from __future__ import annotations

from typing import Any

import pytest

from vmevalkit.records.generation import RunResult
from vmevalkit.runner.spent import Spent


def result(amount: float, source: str, *, success: bool = True, adopted: bool = False) -> RunResult:
    metadata: dict[str, Any] = {"cost": {"amount": amount, "source": source}, "adopted": adopted}
    return RunResult(
        success=success,
        video_path="video.mp4" if success else None,
        error=None if success else "no",
        duration_seconds=1.0,
        generation_id="1",
        model="m",
        status="success" if success else "failed",
        metadata=metadata,
        run_id="r",
        inference_dir="r",
        timestamp="2026-01-01T00:00:00Z",
    )


def test_what_is_certain_is_told_apart_from_what_is_not() -> None:
    spent = Spent()
    for each in (result(0.25, "provider"), result(0.5, "forecast"), result(0.1, "forecast", success=False)):
        spent.add(each)
    assert (spent.told, spent.forecast, spent.perhaps) == (0.25, 0.5, 0.1)
    assert spent.most == pytest.approx(0.85)
    assert spent.in_words() == "spent $0.25 as told by providers, $0.50 by forecast, $0.10 perhaps"


def test_what_was_paid_before_is_not_spent_again() -> None:
    spent = Spent()
    spent.add(result(0.25, "provider", adopted=True))
    assert (spent.most, spent.in_words()) == (0.0, "1 job was paid before")


def test_nothing_spent_is_nothing_to_tell() -> None:
    spent = Spent()
    spent.add(result(0.0, "free"))
    assert spent.in_words() == ""
