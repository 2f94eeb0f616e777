from __future__ import annotations

from collections.abc import Callable

import pytest

from vmevalkit.report.document import Report
from vmevalkit.report.report_material import RunMaterial

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]


def _warnings(report: Report) -> str:
    return "\n".join(notice.text for notice in report.notices if notice.level == "warning")


@pytest.mark.parametrize(
    ("model", "facts", "told"),
    [
        ("control-still", {"solved": True}, "solved 1 of 1 in maze, although nothing happens"),
        ("control-oracle", {"solved": False}, "1 of 1 in maze count as not solved: do not trust the judge"),
        ("control-oracle", {"at_fault": "video"}, "do not trust the judge"),
        ("control-oracle", {"status": "failed"}, "made no video for 1 of 1"),
    ],
)
def test_controls_that_misbehave_are_warned_of(
    make_run: MakeRun, make_report: MakeReport, model: str, facts: dict[str, object], told: str
) -> None:
    assert told in _warnings(make_report([make_run(model, **facts)]))


def test_controls_as_they_should_be_give_no_warning(make_run: MakeRun, make_report: MakeReport) -> None:
    runs = [make_run("control-still", solved=False), make_run("control-oracle", solved=True)]
    assert _warnings(make_report(runs)) == ""


def test_missing_verdicts_and_metrics_name_the_commands_that_make_them(
    make_run: MakeRun, make_report: MakeReport
) -> None:
    commands = {notice.command for notice in make_report([make_run()]).notices}
    assert {"vmevalkit judge outputs", "vmevalkit score outputs"} <= commands


def test_videos_not_judged_yet_are_told_from_those_that_could_not_be(
    make_run: MakeRun, make_report: MakeReport
) -> None:
    told = _warnings(make_report([make_run(), make_run(task="maze_2", at_fault="task")]))
    assert "1 video not judged yet; there is no rate where one is missing: 1 in maze." in told
    assert "1 video that could not be judged, and not by its own fault; left out of every rate: 1 in maze." in told


def test_changed_task_is_warned_of(make_run: MakeRun, make_report: MakeReport) -> None:
    report = make_report([make_run("a", prompt="Go"), make_run("b", prompt="Go on")])
    assert "1 task had different prompts" in _warnings(report)


def test_folders_left_out_are_told(make_report: MakeReport) -> None:
    texts = [notice.text for notice in make_report([], folders_left_out=2).notices]
    assert any(text.startswith("2 folders of the output tree left out") for text in texts)


def test_earlier_prompts_that_do_not_count_are_not_warned_of(make_run: MakeRun, make_report: MakeReport) -> None:
    report = make_report([make_run(prompt="Go", solved=True), make_run(prompt="Go on", solved=True)])
    assert _warnings(report) == ""
    assert report.tasks[0].prompt == "Go on"
