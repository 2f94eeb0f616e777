from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.rules.judge import RulesJudge
from vmevalkit.judges.rules.sudoku import VERIFIER
from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.records.verdict import Exhibit, Verdict
from vmevalkit.registry import Registry
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.sudoku import MAKERS
from vmevalkit.testing.footage import footage_of
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

WRONG = sorted(set(MAKERS) - {SOLVED})
RATE = 8


def make(kind: str, seed: int = 0, difficulty: Difficulty = "medium") -> Case:
    return MAKERS[kind](Random(f"{kind}{seed}"), difficulty)


def judge(case: Case, frames: Iterable[Any] | None = None) -> Verdict:
    shown = list(case.frames())[::3] if frames is None else frames
    return VERIFIER.verify(footage_of(case.first_frame, shown, RATE), {"details": case.details}).verdict()


def broken(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_a_filled_grid_is_solved(difficulty: Difficulty) -> None:
    verdict = judge(make(SOLVED, 0, difficulty))
    assert (verdict.solved, verdict.score) == (True, 1)


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_in_one_way_is_not_solved(kind: str) -> None:
    verdict = judge(make(kind))
    assert verdict.solved is False
    assert all("frame" in check.reason for check in verdict.checks)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("wrong_digit", "digits"),
        ("swapped_digits", "digits"),
        ("missing_digit", "digits"),
        ("changed_given", "givens"),
        ("changed_given_for_a_while", "givens"),
        ("wrong_then_right", "kept"),
        ("jump_cut", "one by one"),
        ("crossfade", "one by one"),
    ],
)
def test_only_the_rule_that_is_broken_is_named(kind: str, rule: str) -> None:
    assert broken(judge(make(kind, 1))) == [rule]


def test_nothing_done_is_worth_nothing() -> None:
    assert judge(make("still")).score == 0


def test_the_score_grows_with_every_digit() -> None:
    case = make(SOLVED)
    frames = list(case.frames())[::3]
    scores = [judge(case, frames[: len(frames) * part // 4]).score for part in (1, 2, 3, 4)]
    assert scores == sorted(scores, key=lambda score: score or 0)
    assert len(set(scores)) == 4


def test_the_reason_names_the_cell_and_both_digits() -> None:
    case = make("missing_digit")
    final = np.asarray(list(case.frames())[-1], int)
    differing = np.abs(final - np.asarray(case.final_frame, int)).max(axis=2)
    assert differing.any()
    assert "holds nothing where" in judge(case).reason


def test_digits_that_are_there_from_the_beginning_were_not_written() -> None:
    case = make(SOLVED)
    frames = list(case.frames())[::3]
    verdict = judge(case, frames[len(frames) // 2 :])
    assert verdict.solved is False
    assert "from the beginning" in verdict.reason


def test_a_grid_that_turns_black_cannot_be_judged() -> None:
    case = make(SOLVED)
    frames = [np.asarray(frame) for frame in list(case.frames())[::3]]
    with pytest.raises(UnscorableError, match="grid is not to be seen after frame") as caught:
        judge(case, [*frames, *[np.zeros_like(frames[0])] * 5])
    assert caught.value.at_fault == "video"


def test_a_dark_moment_before_the_first_digit_changes_nothing() -> None:
    case = make(SOLVED)
    frames = [np.asarray(frame) for frame in list(case.frames())[::3]]
    assert judge(case, [frames[0], frames[0] // 20, *frames]).solved


@pytest.mark.parametrize("name", ["size", "grid", "solution", "geometry"])
def test_metadata_that_lacks_something_is_the_tasks_fault(name: str) -> None:
    case = make("still")
    details = {key: value for key, value in case.details.items() if key != name}
    with pytest.raises(UnscorableError, match=f"details.{name}") as caught:
        VERIFIER.verify(footage_of(case.first_frame, [case.first_frame] * 3), {"details": details})
    assert caught.value.at_fault == "task"


@pytest.mark.parametrize(
    "change",
    [
        {"grid": [[1]]},
        {"grid": [[1] * 6] * 6},
        {"grid": [[0] * 6] * 6},
        {"solution": [[9] * 6] * 6},
        {"solution": [[2] * 6] * 6},
        {"geometry": {"grid_box": [0, 0, 9000, 9000]}},
        {"geometry": {"grid_box": [0, 0, 30, 30]}},
    ],
)
def test_metadata_that_does_not_fit_is_the_tasks_fault(change: JsonObject) -> None:
    case = make("still")
    with pytest.raises(UnscorableError) as caught:
        VERIFIER.verify(footage_of(case.first_frame, [case.first_frame] * 3), {"details": case.details | change})
    assert caught.value.at_fault == "task"


def test_a_first_frame_without_the_puzzle_is_the_tasks_fault() -> None:
    case = make("still")
    blank = Image.new("RGB", case.first_frame.size, "white")
    with pytest.raises(UnscorableError, match="shows nothing"):
        VERIFIER.verify(footage_of(blank, [blank] * 3), {"details": case.details})


@pytest.mark.parametrize("kind", [SOLVED, "wrong_digit"])
def test_a_disturbed_video_gets_the_same_verdict(kind: str, tmp_path: Path) -> None:
    case = make(kind, 2, "easy")
    disturbance = replace(draw_perturbation(Random(2)), size=(480, 480), rate=12)
    write_perturbed(case.frames(), 24, tmp_path / "video.mp4", disturbance)
    case.first_frame.save(tmp_path / "first.png")
    verifiers = Registry[Any]("verifier")
    verifiers.register("sudoku", VERIFIER, "here")
    exhibit = Exhibit(
        domain="sudoku",
        task_id="sudoku_0001",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first.png",
        final_frame=None,
        metadata={"details": case.details},
    )
    verdict = RulesJudge(verifiers).judge(exhibit).verdict
    assert verdict.solved is (kind == SOLVED)
