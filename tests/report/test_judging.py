from __future__ import annotations

from collections.abc import Callable

from vmevalkit.report.document import Report
from vmevalkit.report.judging import choose_judges
from vmevalkit.report.report_material import RunMaterial

MakeRun = Callable[..., RunMaterial]


def test_rules_come_before_pictures_and_are_never_mixed_with_them(
    make_run: MakeRun, make_report: Callable[..., Report]
) -> None:
    by_rules = make_run(task="maze_0001", solved=True)
    by_pictures = make_run(task="maze_0002", solved=True, judge="goal_frame", implementation="goal_frame 1")
    report = make_report([by_rules, by_pictures])
    assert [unit.standing for unit in report.units] == ["solved", "unjudged"]
    assert "goal_frame 1" in report.units[1].reason


def test_pictures_judge_where_no_rules_do_and_are_called_weak(make_run: MakeRun) -> None:
    judge = choose_judges([make_run(solved=True, judge="goal_frame")])["maze"]
    assert judge.is_weak


def test_rules_that_could_look_at_nothing_give_way(make_run: MakeRun) -> None:
    runs = [make_run(at_fault="task"), make_run(solved=True, judge="goal_frame")]
    judge = choose_judges(runs)["maze"].judge
    assert judge is not None
    assert judge.name == "goal_frame"


def test_one_unreadable_video_does_not_make_rules_the_judge(make_run: MakeRun) -> None:
    runs = [make_run(at_fault="video"), make_run(solved=True, judge="goal_frame")]
    judge = choose_judges(runs)["maze"].judge
    assert judge is not None
    assert judge.name == "goal_frame"


def test_strong_evidence_is_preferred_where_no_judge_gave_an_answer(make_run: MakeRun) -> None:
    runs = [make_run(at_fault="video", judge="goal_frame"), make_run(at_fault="video")]
    assert not choose_judges(runs)["maze"].is_weak


def test_verdict_about_another_run_of_the_same_video_does_not_count(make_run: MakeRun) -> None:
    run, other = make_run(solved=True), make_run(task="maze_0002", solved=True)
    entry = run.entry.model_copy(update={"video_sha256": other.entry.video_sha256})
    assert choose_judges([RunMaterial(entry, run.run, other.verdicts, ())])["maze"].judge is None


def test_of_two_versions_the_newest_counts_and_the_other_is_set_aside(
    make_run: MakeRun, make_report: Callable[..., Report]
) -> None:
    old = make_run(task="maze_0001", solved=True, implementation="maze 1", minute=1)
    new = make_run(task="maze_0002", solved=True, implementation="maze 2", minute=2)
    report = make_report([old, new])
    assert [unit.standing for unit in report.units] == ["unjudged", "solved"]
    assert report.judges[0].set_aside == {"maze 1": 1}


def test_domain_without_verdicts_has_no_judge(make_run: MakeRun) -> None:
    assert choose_judges([make_run()])["maze"].judge is None
