from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.records.generation import Cost, RunStatus
from vmevalkit.records.job import Job
from vmevalkit.records.run import Inference, Run, RunInput, RunOutput
from vmevalkit.records.video import VideoInfo
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.ledger import Spending, ledger, unrecorded_runs
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.journal import append_event
from vmevalkit.store.layout import RunFolder

TOLD, FORECAST, FREE = (Cost.model_validate({"amount": 0.25, "source": s}) for s in ("provider", "forecast", "free"))
VIDEO = VideoInfo(
    codec="h264",
    pixel_format="yuv420p",
    width=64,
    height=48,
    rotation=0,
    frame_count=48,
    duration_seconds=2.0,
    fps=24.0,
    variable_frame_rate=False,
    has_audio=False,
)


def _run(cost: Cost | None, status: RunStatus = "success", model: str = "m", run_id: str = "r") -> Run:
    facts = {"run_id": run_id, "model": model, "timestamp": "2026-11-20T12:00:00Z", "status": status}
    return Run(
        inference=Inference.model_validate(facts),
        input=RunInput(prompt="Go", image_path="question/first_frame.png"),
        output=RunOutput(video=VIDEO if status == "success" else None),
        cost=cost,
    )


def _spent(*runs: Run) -> Spending:
    (spending,) = ledger(runs).models
    return spending


def test_what_was_told_and_what_is_forecast_are_kept_apart() -> None:
    spent = _spent(_run(TOLD), _run(TOLD), _run(FORECAST))
    assert (spent.runs, spent.videos, spent.seconds) == (3, 3, 6.0)
    assert (spent.told, spent.forecast, spent.perhaps) == (0.5, 0.25, 0.0)
    assert (spent.per_video, spent.per_video_basis) == (0.25, "told and forecast")


@pytest.mark.parametrize("status", ["unknown", "failed", "refused", "interrupted"])
def test_forecast_of_a_run_without_a_video_is_only_perhaps_spent(status: RunStatus) -> None:
    spent = _spent(_run(FORECAST), _run(FORECAST, status))
    assert (spent.forecast, spent.perhaps, spent.perhaps_runs) == (0.25, 0.25, 1)
    assert (spent.videos, spent.per_video, spent.per_video_basis) == (1, 0.25, "forecast")


def test_told_cost_of_a_failed_run_makes_the_finished_videos_dearer() -> None:
    spent = _spent(_run(TOLD), _run(TOLD, "failed"), _run(FREE, "failed"))
    assert (spent.told, spent.perhaps, spent.per_video, spent.per_video_basis) == (0.5, 0.0, 0.5, "told")


def test_runs_that_nothing_came_of_and_nothing_was_paid_for_are_told() -> None:
    spent = _spent(_run(TOLD), _run(FREE, "failed"), _run(FORECAST, "unknown"), _run(FREE))
    assert (spent.runs, spent.videos, spent.perhaps_runs, spent.unspent_runs) == (4, 2, 1, 1)


def test_runs_without_a_price_are_named_and_spoil_the_rate() -> None:
    spent = _spent(_run(TOLD), _run(None, run_id="old"))
    assert (spent.unpriced, spent.told, spent.per_video) == (("old",), 0.25, None)


def test_controls_are_free_and_models_without_a_video_have_no_rate() -> None:
    assert _spent(_run(FREE)).per_video == 0.0
    assert _spent(_run(FREE)).per_video_basis is None
    assert _spent(_run(FORECAST, "failed")).per_video is None


def test_total_is_the_sum_over_the_models_in_order() -> None:
    found = ledger([_run(TOLD, model="b"), _run(FORECAST, "unknown", "a"), _run(FREE, model="c")])
    assert [each.model for each in found.models] == ["a", "b", "c"]
    total = found.total
    assert (total.model, total.runs, total.told, total.perhaps, total.per_video) == (None, 3, 0.25, 0.25, None)


def test_killed_run_counts_as_perhaps_from_the_moment_its_job_is_submitted(
    runner: InferenceRunner, make_task: Callable[..., Path]
) -> None:
    runner.run("control-oracle", make_task() / "first_frame.png", "Go", "done", {"id": "t", "domain": "maze"})
    folder = RunFolder(runner.output_dir / "m" / "maze_task" / "t" / "killed")
    folder.path.mkdir(parents=True)
    append_event(folder.journal, "started", _run(FORECAST, "interrupted").model_dump(mode="json"))
    assert list(unrecorded_runs(runner.tree)) == []
    JobLog(folder.journal).submitting(Job(provider="runway", model="m", forecast=FORECAST))
    (spending,) = ledger(unrecorded_runs(runner.tree)).models
    assert (spending.model, spending.perhaps) == ("m", 0.25)
    JobLog(folder.journal).turned_away()
    assert ledger(unrecorded_runs(runner.tree)).total.perhaps == 0
