from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest
from scipy import stats  # type: ignore[import-untyped]  # it ships no types

from vmevalkit.records.evaluation import Subject
from vmevalkit.records.score import ComparabilityKey, Score, ScoreRecord
from vmevalkit.runner.score_summary import summarise


def record(value: float | None, number: int, domain: str = "maze", **key: Any) -> ScoreRecord:
    score = Score(
        key=ComparabilityKey(metric="ssim", implementation="vmevalkit 1", **key),
        value=value,
        unit="",
        direction="higher_is_better",
        scope="pair",
        n=8,
        reason="no reference" if value is None else None,
    )
    place = f"m/{domain}_task/{number}/r"
    subject = Subject(folder=place, run_id="r", model="m", domain=domain, task_id=str(number), video_sha256="0")
    return ScoreRecord(
        subject=subject,
        category="full_reference",
        scores=(score,),
        basis=None,
        scored_at=datetime.now(timezone.utc),
        package_version="0",
    )


def test_mean_deviation_and_interval_are_those_of_students_t() -> None:
    values = [0.5, 0.7, 0.9, 0.65]
    summary = summarise("full_reference", [record(value, number) for number, value in enumerate(values)])
    (mean,) = [mean for mean in summary.means if mean.domain == "maze"]
    assert mean.n == 4
    assert mean.mean == pytest.approx(np.mean(values))
    assert mean.std == pytest.approx(np.std(values, ddof=1))
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert mean.interval is not None
    assert [mean.interval.low, mean.interval.high] == pytest.approx([low, high])
    assert mean.interval.method.startswith("student t")


def test_one_run_has_no_deviation_and_no_interval() -> None:
    (mean, _) = summarise("full_reference", [record(0.5, 1)]).means
    assert (mean.n, mean.std, mean.interval) == (1, None, None)


def test_unlike_values_are_never_averaged_together() -> None:
    records = [record(0.5, 1), record(0.7, 2, resize="area"), record(0.9, 3, fps="16 against 24"), record(0.6, 4)]
    means = summarise("full_reference", records).means
    found = {(mean.key.resize, mean.key.fps): (mean.n, mean.mean) for mean in means if mean.domain is None}
    assert found == {
        ("none", "native"): (2, pytest.approx(0.55)),
        ("area", "native"): (1, 0.7),
        ("none", "16 against 24"): (1, 0.9),
    }


def test_runs_without_a_value_are_counted_with_their_reasons_and_in_no_mean() -> None:
    summary = summarise("full_reference", [record(0.5, 1), record(None, 2), record(None, 3, domain="chess")])
    assert {(tally.domain, tally.n) for tally in summary.unscored} == {("maze", 1), ("chess", 1), (None, 2)}
    assert all(tally.reasons == {"no reference": tally.n} for tally in summary.unscored)
    assert {mean.n for mean in summary.means} == {1}


def test_domains_are_apart_and_together() -> None:
    summary = summarise("full_reference", [record(0.2, 1), record(0.6, 2, domain="chess")])
    assert {mean.domain: mean.mean for mean in summary.means} == {"maze": 0.2, "chess": 0.6, None: pytest.approx(0.4)}
