from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import film
from vmevalkit.judges.rules.raven import VERIFIER
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Exhibit
from vmevalkit.tasks.domains.canvas import FPS
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.raven import MAKERS
from vmevalkit.testing.footage import footage_of
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

BROKEN = {
    "wrong_candidate": {"answer", "glide", "mark"},
    "wrong_content": {"answer", "glide"},
    "marks_wrong_candidate": {"mark"},
    "no_mark": {"mark"},
    "altered_panel": {"panels"},
    "altered_candidate": {"candidates"},
    "figure_altered": {"glide"},
    "solution_undone": {"answer"},
    "jump_cut": {"glide"},
    "jump_midway": {"glide"},
    "fade_in": {"glide"},
    "crossfade": {"glide"},
    "stops_half_way": {"answer", "glide"},
    "still": {"answer", "glide", "mark"},
}
"""What each wrong kind must be found to break; it may break more."""

BLACK = Image.new("RGB", (512, 512))


def find(case: Case, frames: Iterable[Image.Image] | None = None) -> Finding:
    """What the verifier finds in every other frame of a case, or in other frames of its task."""
    shown = list(case.frames())[::2] if frames is None else frames
    return VERIFIER.verify(footage_of(case.first_frame, shown, FPS / 2), {"details": case.details})


def broken(finding: Finding) -> dict[str, str]:
    """The names of the checks that failed, with their reasons."""
    return {check.name: check.reason for check in finding.checks if not check.passed}


@pytest.fixture(scope="module")
def solved() -> Case:
    return MAKERS[SOLVED](Random(3), "medium")


@pytest.fixture(scope="module")
def solved_frames(solved: Case) -> list[Image.Image]:
    return list(solved.frames())[::2]


@pytest.mark.parametrize(("difficulty", "seed"), [("easy", 0), ("medium", 1), ("hard", 2)])
def test_the_right_candidate_gliding_in_is_solved(difficulty: str, seed: int) -> None:
    finding = find(MAKERS[SOLVED](Random(seed), difficulty))  # type: ignore[arg-type]
    assert (broken(finding), finding.progress) == ({}, 1)


@pytest.mark.parametrize("kind", BROKEN)
def test_each_wrong_kind_breaks_the_rule_it_is_to_break(kind: str) -> None:
    finding = find(MAKERS[kind](Random(11), "easy"))
    assert broken(finding).keys() >= BROKEN[kind]
    assert not finding.verdict().solved


def test_every_wrong_kind_is_listed() -> None:
    assert MAKERS.keys() == {SOLVED, *BROKEN}


@pytest.mark.parametrize("kind", ["marks_wrong_candidate", "altered_panel", "jump_cut", "fade_in"])
def test_what_is_right_is_not_held_against_a_wrong_video(kind: str) -> None:
    assert broken(find(MAKERS[kind](Random(12), "hard"))).keys() == BROKEN[kind]


def test_a_frozen_video_scores_nothing(solved: Case) -> None:
    assert find(solved, [solved.first_frame] * 8).verdict().score == 0


def test_the_right_content_is_most_of_the_progress_and_the_frame_a_little() -> None:
    progress = [find(MAKERS[kind](Random(2), "easy")).progress for kind in ("no_mark", "wrong_content")]
    assert progress == [0.8, 0.2]


def test_the_reason_names_what_stands_in_the_empty_place() -> None:
    case = MAKERS["wrong_content"](Random(4), "easy")
    label = case.details["answer"]
    assert f"is in the empty place; candidate {label} is right" in broken(find(case))["answer"]


def test_two_kinds_of_nothing_are_told_apart(solved: Case) -> None:
    smeared = np.array(solved.final_frame)
    left, top, right, bottom = (int(str(edge)) for edge in _box(solved))
    smeared[top:bottom, left:right] = 128
    assert "still the question mark" in broken(find(solved, [solved.first_frame] * 3))["answer"]
    assert "no candidate" in broken(find(solved, [solved.first_frame, *[Image.fromarray(smeared)] * 3]))["answer"]


def _box(case: Case) -> list[object]:
    geometry = case.details["geometry"]
    assert isinstance(geometry, dict)
    box = geometry["answer_box"]
    assert isinstance(box, list)
    return [float(str(edge)).__floor__() for edge in box]


def test_an_answer_that_leaves_and_comes_back_does_not_stay(solved: Case, solved_frames: list[Image.Image]) -> None:
    away = [*solved_frames, *[solved.first_frame] * 4, *solved_frames[-4:]]
    assert "does not stay" in broken(find(solved, away))["answer"]


@pytest.mark.parametrize(("kind", "is_solved"), [(SOLVED, True), ("figure_altered", False)])
def test_a_disturbed_video_gets_the_same_verdict(kind: str, is_solved: bool, tmp_path: Path) -> None:
    case = MAKERS[kind](Random(5), "hard")
    case.first_frame.save(tmp_path / "first_frame.png")
    write_perturbed(case.frames(), FPS, tmp_path / "video.mp4", draw_perturbation(Random(6)))
    exhibit = Exhibit(
        domain="raven",
        task_id="raven_0000",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first_frame.png",
        final_frame=None,
        metadata={"details": case.details},
    )
    assert VERIFIER.verify(film(exhibit), {"details": case.details}).verdict().solved == is_solved


def test_a_picture_that_goes_black_cannot_be_judged(solved: Case, solved_frames: list[Image.Image]) -> None:
    with pytest.raises(UnscorableError, match="not to be seen after frame 19") as caught:
        find(solved, [*solved_frames[:20], *[BLACK] * 10])
    assert caught.value.at_fault == "video"


def test_black_frames_in_between_hide_the_way(solved: Case, solved_frames: list[Image.Image]) -> None:
    hidden = [BLACK if 8 <= number < len(solved_frames) - 6 else frame for number, frame in enumerate(solved_frames)]
    assert not find(solved, hidden).verdict().solved


@pytest.mark.parametrize(
    "damage",
    [
        {"panels": []},
        {"answer_index": 99},
        {"geometry": {"answer_box": [0, 0, 9999, 9999], "border_width": 2, "highlight_width": 5}},
        {"candidates": None},
        {"colors": {"page": "gray"}},
    ],
)
def test_metadata_that_lacks_something_is_the_task_s_fault(damage: JsonObject, solved: Case) -> None:
    with pytest.raises(UnscorableError) as caught:
        VERIFIER.verify(footage_of(solved.first_frame, [solved.first_frame] * 2), {"details": solved.details | damage})
    assert caught.value.at_fault == "task"
