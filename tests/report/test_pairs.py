from __future__ import annotations

from collections.abc import Callable

import pytest

from vmevalkit.report.document import Report
from vmevalkit.report.report_material import RunMaterial

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]


@pytest.fixture
def race(make_run: MakeRun) -> Callable[[str, list[bool]], list[RunMaterial]]:
    """The runs of a model on tasks 0, 1, …, solved as told."""

    def make(model: str, results: list[bool]) -> list[RunMaterial]:
        return [make_run(model, f"maze_{task}", solved=solved) for task, solved in enumerate(results)]

    return make


Race = Callable[[str, list[bool]], list[RunMaterial]]


def test_clear_difference_is_shown(race: Race, make_report: MakeReport) -> None:
    (pair,) = make_report([*race("weak", [False] * 10), *race("strong", [True] * 10)]).pairs
    assert (pair.first, pair.second, pair.n, pair.first_only) == ("strong", "weak", 10, 10)
    assert pair.is_shown
    assert pair.conclusion == "strong solves more than weak: +100 points on 10 tasks."


def test_small_difference_says_what_the_tasks_could_have_shown(race: Race, make_report: MakeReport) -> None:
    (pair,) = make_report([*race("a", [True] * 8 + [False] * 7), *race("b", [True] * 6 + [False] * 9)]).pairs
    assert not pair.is_shown
    assert "15 tasks can show one of 40 points (6 tasks, all one way) or more" in pair.conclusion


def test_too_few_tasks_to_show_anything_are_called_so(race: Race, make_report: MakeReport) -> None:
    (pair,) = make_report([*race("a", [True] * 3), *race("b", [False] * 3)]).pairs
    assert "3 tasks are too few to show any; at least 6 are needed" in pair.conclusion


def test_only_tasks_both_were_judged_on_are_compared(race: Race, make_run: MakeRun, make_report: MakeReport) -> None:
    unscored = make_run("b", "maze_1", at_fault="task")
    (pair,) = make_report([*race("a", [True, True]), make_run("b", "maze_0", solved=True), unscored]).pairs
    assert (pair.n, pair.both, pair.p_value) == (1, 1, 1)


def test_nothing_is_compared_while_a_common_task_is_not_judged_yet(
    race: Race, make_run: MakeRun, make_report: MakeReport
) -> None:
    pending = [make_run("b", f"maze_{task}", status="failed") for task in range(9)] + [make_run("b", "maze_9")]
    (pair,) = make_report([*race("a", [True] * 10), *pending]).pairs
    assert (pair.n, pair.unjudged, pair.difference, pair.p_value, pair.is_shown) == (9, 1, None, 1, False)
    assert pair.conclusion == "Not compared yet: of 10 tasks that both were run on, 1 not judged."


def test_unjudged_tasks_that_only_one_was_run_on_do_not_matter(
    race: Race, make_run: MakeRun, make_report: MakeReport
) -> None:
    (pair,) = make_report([*race("a", [True]), *race("b", [False]), make_run("b", "maze_9")]).pairs
    assert (pair.n, pair.unjudged, pair.difference) == (1, 0, 1)


def test_failures_are_compared_too(race: Race, make_run: MakeRun, make_report: MakeReport) -> None:
    (pair,) = make_report([*race("a", [True]), make_run("b", "maze_0", status="failed")]).pairs
    assert (pair.n, pair.first_only) == (1, 1)


def test_nothing_in_common_is_no_difference(make_run: MakeRun, make_report: MakeReport) -> None:
    (pair,) = make_report([make_run("a", "maze_1", solved=True), make_run("b", "maze_2", solved=True)]).pairs
    assert (pair.n, pair.difference, pair.p_value, pair.is_shown) == (0, None, 1, False)


def test_p_values_are_adjusted_for_all_pairs_and_controls_are_no_part(race: Race, make_report: MakeReport) -> None:
    runs = [
        *race("a", [True] * 6),
        *race("b", [False] * 6),
        *race("c", [False] * 6),
        *race("control-still", [False] * 6),
    ]
    pairs = make_report(runs).pairs
    assert len(pairs) == 3
    assert pairs[0].p_value == 0.03125
    assert pairs[0].p_adjusted == pytest.approx(0.09375)


def test_repeats_decide_a_task_by_their_larger_share(make_run: MakeRun, make_report: MakeReport) -> None:
    results = {"a": (True, True), "b": (True, False)}
    runs = [
        make_run(model, "maze_0", sample=sample, solved=solved)
        for model, row in results.items()
        for sample, solved in enumerate(row)
    ]
    (pair,) = make_report(runs).pairs
    assert (pair.first, pair.n, pair.first_only, pair.difference) == ("a", 1, 1, 0.5)
