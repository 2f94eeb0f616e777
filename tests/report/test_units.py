from __future__ import annotations

from collections.abc import Callable

import pytest

from vmevalkit.records.video import VideoInfo
from vmevalkit.report.document import Report
from vmevalkit.report.report_material import RunMaterial
from vmevalkit.report.units import Unit, runs_that_count

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]


def _only(report: Report) -> Unit:
    (unit,) = report.units
    return unit


def test_of_equal_requests_the_latest_success_counts(make_run: MakeRun) -> None:
    first = make_run(solved=True, identity="same", minute=1)
    second = make_run(solved=True, identity="same", minute=2)
    failed = make_run(status="failed", identity="same", minute=3)
    assert runs_that_count([first, second, failed]) == [(second, 2)]


def test_of_equal_failures_the_latest_counts(make_run: MakeRun) -> None:
    runs = [make_run(status=status, identity="same") for status in ("failed", "refused", "interrupted")]
    assert runs_that_count(runs) == [(runs[1], 2)]


def test_of_unlike_requests_for_one_sample_the_latest_counts_even_if_it_failed(make_run: MakeRun) -> None:
    old, new = make_run(solved=True, prompt="Old"), make_run(status="failed", prompt="New")
    assert runs_that_count([old, new]) == [(new, 1)]


def test_samples_and_seeds_count_apart(make_run: MakeRun) -> None:
    assert len(runs_that_count([make_run(sample=0), make_run(sample=1), make_run(sample=0, seed=7)])) == 3


def test_runs_of_other_tools_count_one_by_one(make_run: MakeRun) -> None:
    assert len(runs_that_count([make_run(identity=None), make_run(identity=None)])) == 2


@pytest.mark.parametrize(
    ("facts", "standing", "credit"),
    [
        ({"solved": True}, "solved", 1.0),
        ({"solved": False}, "not_solved", 0.5),
        ({"at_fault": "video"}, "unreadable", 0.0),
        ({"at_fault": "task"}, "unscored", None),
        ({"at_fault": "judge"}, "unscored", None),
        ({}, "unjudged", None),
        ({"solved": True, "judged_video": "another"}, "unjudged", None),
        ({"status": "failed"}, "failed", 0.0),
        ({"status": "refused"}, "refused", 0.0),
        ({"status": "interrupted"}, "unfinished", None),
        ({"status": "unknown"}, "unfinished", None),
    ],
)
def test_every_ending_has_its_standing(
    make_run: MakeRun, make_report: MakeReport, facts: dict[str, object], standing: str, credit: float | None
) -> None:
    unit = _only(make_report([make_run(**facts)]))
    assert (unit.standing, unit.credit) == (standing, credit)
    assert unit.reason


def test_success_without_a_video_cannot_be_judged(make_run: MakeRun, make_report: MakeReport) -> None:
    run = make_run()
    entry = run.entry.model_copy(update={"video_path": None, "video_sha256": None})
    assert _only(make_report([RunMaterial(entry, run.run, (), ())])).standing == "unscored"


@pytest.mark.parametrize(("variable", "fps"), [(True, None), (False, 8.0)])
def test_frame_rate_is_told_only_where_frames_are_evenly_spaced(
    make_run: MakeRun, make_report: MakeReport, variable: bool, fps: float | None
) -> None:
    run = make_run(solved=True)
    info = VideoInfo(
        codec="h264", pixel_format="yuv420p", width=96, height=64, rotation=0, frame_count=24,
        duration_seconds=3, fps=8, variable_frame_rate=variable, has_audio=False,
    )  # fmt: skip
    output = run.run.output.model_copy(update={"video": info})
    material = RunMaterial(run.entry, run.run.model_copy(update={"output": output}), run.verdicts, ())
    assert _only(make_report([material])).fps == fps


def test_missing_verdict_names_the_command_that_makes_it(make_run: MakeRun, make_report: MakeReport) -> None:
    assert "vmevalkit judge outputs" in _only(make_report([make_run()])).reason


def test_scores_of_an_earlier_video_are_left_out(
    make_run: MakeRun, make_report: MakeReport, make_score: Callable[..., object]
) -> None:
    current = make_run(solved=True, metrics=[make_score()])
    outdated = make_run(task="maze_0002", solved=True, judged_video="another", metrics=[make_score()])
    assert [len(unit.scores) for unit in make_report([current, outdated]).units] == [1, 0]
