from __future__ import annotations

from collections.abc import Callable

import pytest

from vmevalkit.report.board import role_of
from vmevalkit.report.document import Report
from vmevalkit.report.report_material import RunMaterial

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]


def test_failures_are_in_the_denominator_and_shown_apart(make_run: MakeRun, make_report: MakeReport) -> None:
    endings: list[dict[str, object]] = [
        {"solved": True},
        {"solved": False},
        {"at_fault": "video"},
        {"status": "failed"},
        {"status": "refused"},
        {"at_fault": "task"},
        {"at_fault": "judge"},
        {"status": "interrupted"},
    ]
    runs = [make_run(task=f"maze_{number}", **facts) for number, facts in enumerate(endings)]
    (row,) = make_report(runs).board
    cell = row.cells[0]
    assert (cell.n, cell.solved, cell.rate) == (5, 1, 0.2)
    assert (cell.not_solved, cell.unreadable, cell.failed, cell.refused) == (1, 1, 1, 1)
    assert (cell.unscored, cell.unfinished) == (2, 1)
    assert cell.credit == pytest.approx((1 + 0.5) / 5)


def test_nothing_counted_is_no_rate(make_run: MakeRun, make_report: MakeReport) -> None:
    (row,) = make_report([make_run()]).board
    assert row.cells[0].rate is None
    assert row.cells[0].interval is None
    assert row.overall.rate is None


@pytest.mark.parametrize("pending", [{}, {"solved": True, "judged_video": "another"}])
def test_no_rate_while_a_video_is_not_judged_yet(
    make_run: MakeRun, make_report: MakeReport, pending: dict[str, object]
) -> None:
    runs = [make_run(status="failed"), make_run(task="maze_2", **pending), make_run("other", solved=True)]
    cell = next(row for row in make_report(runs).board if row.model == "model-a").cells[0]
    assert (cell.rate, cell.interval, cell.credit, cell.credit_interval) == (None, None, None, None)
    assert (cell.n, cell.failed, cell.unjudged, cell.when_judged) == (1, 1, 1, 2)


def test_domain_not_judged_yet_makes_no_mean_of_domains_and_no_pooled_rate(
    make_run: MakeRun, make_report: MakeReport
) -> None:
    (row,) = make_report(
        [make_run(solved=True), make_run(domain="chess"), make_run(task="maze_2", domain="chess", status="failed")]
    ).board
    assert (row.overall.rate, row.overall.domains, row.overall.is_whole) == (1, 1, False)
    assert row.pooled.rate is None


def test_model_with_the_name_of_a_control_is_a_model() -> None:
    assert role_of("control-a-video", None) == role_of("control-a-video", "open") == "model"
    assert role_of("control-mine", "control") == "control"
    assert role_of("control-still", None) == "floor"


def test_domains_count_alike_overall_and_runs_when_pooled(make_run: MakeRun, make_report: MakeReport) -> None:
    easy = [make_run(task=f"maze_{number}", solved=True) for number in range(3)]
    hard = [make_run(task="chess_1", domain="chess", solved=False)]
    (row,) = make_report([*easy, *hard]).board
    assert row.overall.rate == 0.5
    assert row.pooled.rate == 0.75


def test_model_without_all_domains_is_not_ranked_above_whole_ones(make_run: MakeRun, make_report: MakeReport) -> None:
    whole = [make_run("whole", domain=domain, solved=False) for domain in ("chess", "maze")]
    report = make_report([*whole, make_run("part", solved=True)])
    assert [row.model for row in report.board] == ["whole", "part"]
    assert not report.board[1].overall.is_whole


def test_controls_come_last_with_their_roles(make_run: MakeRun, make_report: MakeReport) -> None:
    names = ["control-oracle", "control-still", "control-crossfade", "model-a"]
    report = make_report([make_run(name, solved=name == "control-oracle") for name in names])
    assert {row.model: row.role for row in report.board} == {
        "model-a": "model",
        "control-oracle": "ceiling",
        "control-still": "floor",
        "control-crossfade": "control",
    }
    assert report.board[0].model == "model-a"


def test_repeats_widen_the_interval_to_that_of_their_tasks(make_run: MakeRun, make_report: MakeReport) -> None:
    runs = [make_run(task=f"maze_{task}", sample=sample, solved=task < 4) for task in range(8) for sample in range(4)]
    interval = make_report(runs).board[0].cells[0].interval
    assert interval is not None
    assert interval.method == "wilson, clustered by task"
    assert interval.high - interval.low > 0.5


def test_empty_tree_has_an_empty_board(make_report: MakeReport) -> None:
    assert make_report([]).board == ()
