from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.rules.chess import VERIFIER
from vmevalkit.judges.rules.judge import RulesJudge
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Exhibit, Verdict
from vmevalkit.registry import Registry
from vmevalkit.tasks.domains.chess_board_picture import square_center
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.chess import MAKERS
from vmevalkit.testing.footage import footage_of
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

WRONG = sorted(set(MAKERS) - {SOLVED})
RATE = 8


def make(kind: str, seed: int = 0) -> Case:
    return MAKERS[kind](Random(f"{kind}{seed}"), "medium")


def judge(case: Case, frames: Iterable[Any] | None = None) -> Verdict:
    shown = list(case.frames())[::3] if frames is None else frames
    return VERIFIER.verify(footage_of(case.first_frame, shown, RATE), {"details": case.details}).verdict()


def named(verdict: Verdict, name: str) -> tuple[bool, str]:
    return next((check.passed, check.reason) for check in verdict.checks if check.name == name)


def move(case: Case) -> dict[str, str]:
    found = case.details["move"]
    assert isinstance(found, dict)
    return {name: str(value) for name, value in found.items()}


def pieces(case: Case, name: str) -> set[str]:
    found = case.details[name]
    assert isinstance(found, dict)
    return set(found)


@pytest.mark.parametrize("seed", range(3))
def test_a_played_mate_is_solved(seed: int) -> None:
    verdict = judge(make(SOLVED, seed))
    assert (verdict.solved, verdict.score) == (True, 1)


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_in_one_way_is_not_solved(kind: str) -> None:
    verdict = judge(make(kind))
    assert verdict.solved is False
    assert all("frame" in check.reason for check in verdict.checks)


def test_nothing_done_is_worth_nothing() -> None:
    verdict = judge(make("still"))
    assert verdict.score == 0
    assert "every piece stands where it stood" in verdict.reason


@pytest.mark.parametrize(
    ("kind", "words"), [("illegal_move", "not a legal move"), ("legal_but_no_mate", "does not mate")]
)
def test_the_reason_says_what_was_played_instead(kind: str, words: str) -> None:
    case = make(kind)
    verdict = judge(case)
    assert words in verdict.reason
    assert f"the mate is {move(case)['from']} to {move(case)['to']}" in verdict.reason


def test_a_legal_move_is_worth_more_than_an_illegal_one() -> None:
    scores = [judge(make(kind)).score or 0 for kind in ("illegal_move", "legal_but_no_mate", "crossfade")]
    assert scores == sorted(set(scores))


@pytest.mark.parametrize("kind", ["jump_cut", "crossfade"])
def test_a_mate_that_no_piece_was_seen_to_play_breaks_only_that_rule(kind: str) -> None:
    verdict = judge(make(kind))
    assert [check.name for check in verdict.checks if not check.passed] == ["move"]


def test_the_verdict_needs_no_chess_library(monkeypatch: pytest.MonkeyPatch) -> None:
    solved, wrong = make(SOLVED), make("illegal_move")
    shown = [(case, list(case.frames())[::3]) for case in (solved, wrong)]
    monkeypatch.setitem(sys.modules, "chess", None)
    verdicts = [judge(case, frames) for case, frames in shown]
    assert [verdict.solved for verdict in verdicts] == [True, False]
    assert "another move than asked for" in verdicts[1].reason


def test_squares_may_be_tinted_to_show_the_move() -> None:
    case = make(SOLVED)
    frames = [np.asarray(frame) for frame in list(case.frames())[::3]]
    for square in (move(case)["from"], move(case)["to"]):
        left, top = 32 + 56 * (ord(square[0]) - ord("a")), 32 + 56 * (8 - int(square[1]))
        place = (slice(top, top + 56), slice(left, left + 56))
        for index in range(2, len(frames)):
            frames[index] = frames[index].copy()
            light = frames[index][place].min(axis=2, keepdims=True) > 60  # beside the pieces' black lines
            frames[index][place] -= (light * np.array([30, 0, 40])).astype(np.uint8)
    assert judge(case, frames).solved


def test_a_foreign_thing_on_the_board_for_a_while_breaks_the_rule_about_the_others() -> None:
    case = make(SOLVED)
    empty = next(
        square
        for square in (f"{column}{row}" for column in "abcdefgh" for row in range(1, 9))
        if square not in {*pieces(case, "pieces"), *pieces(case, "final_pieces")}
    )
    frames = [frame.copy() for frame in list(case.frames())[::3]]
    x, y = square_center(empty)
    for frame in frames[1:9]:
        ImageDraw.Draw(frame).ellipse((x - 18, y - 18, x + 18, y + 18), "purple")
    verdict = judge(case, frames)
    assert verdict.solved is False
    assert not named(verdict, "one move")[0]


def test_a_board_that_turns_black_cannot_be_judged() -> None:
    case = make(SOLVED)
    frames = [np.asarray(frame) for frame in list(case.frames())[::3]]
    with pytest.raises(UnscorableError, match="board is not to be seen after frame") as caught:
        judge(case, [*frames, *[np.zeros_like(frames[0])] * 5])
    assert caught.value.at_fault == "video"


def test_a_video_that_freezes_on_the_way_is_not_solved() -> None:
    case = make(SOLVED, 1)
    frames = list(case.frames())
    moving = [index for index, frame in enumerate(frames) if frame not in (case.first_frame, case.final_frame)]
    middle = moving[len(moving) // 2]
    verdict = judge(case, frames[:middle:3] + [frames[middle]] * 8)
    assert verdict.solved is False
    assert "is never seen on" in named(verdict, "move")[1]


def _without(details: JsonObject, name: str) -> JsonObject:
    return {key: value for key, value in details.items() if key != name}


@pytest.mark.parametrize("name", ["pieces", "final_pieces", "move", "geometry"])
def test_metadata_that_lacks_something_is_the_tasks_fault(name: str) -> None:
    case = make("still")
    shown = footage_of(case.first_frame, [case.first_frame] * 3)
    with pytest.raises(UnscorableError, match=f"details.{name}") as caught:
        VERIFIER.verify(shown, {"details": _without(case.details, name)})
    assert caught.value.at_fault == "task"


@pytest.mark.parametrize(
    "change",
    [
        {"move": {"from": "a1", "to": "a2", "piece": "K"}, "pieces": {"h8": "K"}},
        {"geometry": {"board_box": [0, 0, 9000, 9000]}},
        {"geometry": {"board_box": [40, 40, 20, 20]}},
        {"geometry": {"board_box": [0, 0, 300, 300]}},
    ],
)
def test_metadata_that_does_not_fit_is_the_tasks_fault(change: JsonObject) -> None:
    case = make("still")
    shown = footage_of(case.first_frame, [case.first_frame] * 3)
    with pytest.raises(UnscorableError) as caught:
        VERIFIER.verify(shown, {"details": case.details | change})
    assert caught.value.at_fault == "task"


def test_a_first_frame_without_the_puzzle_is_the_tasks_fault() -> None:
    case = make("still")
    blank = Image.new("RGB", case.first_frame.size, "white")
    with pytest.raises(UnscorableError, match="does not show"):
        VERIFIER.verify(footage_of(blank, [blank] * 3), {"details": case.details})


@pytest.mark.parametrize("kind", [SOLVED, "object_swapped"])
def test_a_disturbed_video_gets_the_same_verdict(kind: str, tmp_path: Path) -> None:
    case = make(kind, 2)
    disturbance = replace(draw_perturbation(Random(2)), size=(480, 480), rate=12)
    write_perturbed(case.frames(), 24, tmp_path / "video.mp4", disturbance)
    case.first_frame.save(tmp_path / "first.png")
    verifiers = Registry[Any]("verifier")
    verifiers.register("chess", VERIFIER, "here")
    exhibit = Exhibit(
        domain="chess",
        task_id="chess_0001",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first.png",
        final_frame=None,
        metadata={"details": case.details},
    )
    verdict = RulesJudge(verifiers).judge(exhibit).verdict
    assert verdict.solved is (kind == SOLVED)
