from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.rules.base import Verifier
from vmevalkit.judges.rules.judge import RulesJudge
from vmevalkit.judges.rules.rotation import rotation_verifier
from vmevalkit.judges.rules.rotation_details import RotationDetails
from vmevalkit.records.task import Difficulty
from vmevalkit.records.verdict import Check, Exhibit, Verdict
from vmevalkit.registry import Registry
from vmevalkit.runner.scene_views import view
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.rotation import MAKERS
from vmevalkit.testing.footage import footage_of
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

VERIFIER = rotation_verifier(view)
WRONG = sorted(set(MAKERS) - {SOLVED})
HALF_RATE = 12
BROKEN = {
    "back_and_forth": "motion",
    "crossfade": "scene",
    "cube_missing": "scene",
    "cube_recolored": "scene",
    "elevation_changed": "camera",
    "jump_cut": "motion",
    "mirrored": "scene",
    "object_swapped": "scene",
    "sculpture_turns": "scene",
    "solution_undone": "final view",
    "still": "final view",
    "stops_half_way": "final view",
    "wrong_angle": "final view",
    "wrong_direction": "direction",
}


@cache
def make(kind: str, difficulty: Difficulty = "medium") -> Case:
    return MAKERS[kind](Random(7), difficulty)  # one scene for all kinds, so that it is drawn once


def frames_of(case: Case) -> list[Image.Image]:
    return list(islice(case.frames(), 0, None, 2))


def judge(case: Case, frames: Sequence[Any] | None = None) -> Verdict:
    shown = frames_of(case) if frames is None else frames
    return VERIFIER.verify(footage_of(case.first_frame, shown, HALF_RATE), {"details": case.details}).verdict()


def named(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def seen(case: Case, *turns: float, tilt: float = 0) -> list[Any]:
    """What the camera sees after such turns in the direction asked for, in degrees."""
    details = RotationDetails.model_validate(case.details)
    sign = np.sign(details.signed_angle)
    return [view(details, details.azimuth_start + sign * turn, tilt) for turn in turns]


def asked(case: Case) -> float:
    return abs(RotationDetails.model_validate(case.details).signed_angle)


def whole_turn(case: Case) -> list[Any]:
    return seen(case, *np.linspace(0, asked(case), 25))


@pytest.mark.parametrize("difficulty", get_args(Difficulty))
def test_the_turn_that_was_asked_for_is_solved(difficulty: Difficulty) -> None:
    verdict = judge(make(SOLVED, difficulty))
    assert (verdict.solved, verdict.score) == (True, 1)
    assert "was to arrive at" in verdict.reason


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_of_wrong_breaks_the_rule_it_should(kind: str) -> None:
    verdict = judge(make(kind))
    assert verdict.solved is False
    assert not named(verdict, BROKEN[kind]).passed


def test_doing_nothing_scores_nothing() -> None:
    assert judge(make("still")).score == 0


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_progress_is_the_share_of_the_turn(share: float) -> None:
    case = make(SOLVED)
    frames = seen(case, *np.linspace(0, asked(case) * share, 20))
    finding = VERIFIER.verify(footage_of(case.first_frame, frames, HALF_RATE), {"details": case.details})
    assert finding.progress == pytest.approx(share, abs=0.02)
    assert [check.name for check in finding.checks if not check.passed] == ["final view"]


def test_arriving_the_other_way_round_is_not_solved() -> None:
    case = make(SOLVED, "hard")
    verdict = judge(case, seen(case, *np.linspace(0, asked(case) - 360, 40)))
    assert named(verdict, "final view").passed
    assert not named(verdict, "direction").passed
    assert f"and was to go {asked(case):.0f}°" in named(verdict, "direction").reason


def test_a_whole_turn_too_many_is_not_solved() -> None:
    case = make(SOLVED)
    verdict = judge(case, seen(case, *np.linspace(0, asked(case) + 360, 60)))
    assert [check.name for check in verdict.checks if not check.passed] == ["direction"]


def test_two_pictures_are_no_motion() -> None:
    case = make(SOLVED)
    verdict = judge(case, seen(case, 0, asked(case)))
    assert named(verdict, "motion").frames == (0, 1)


def test_a_reason_names_the_frame_and_the_place() -> None:
    case = make(SOLVED)
    end = RotationDetails.model_validate(case.details).azimuth_end
    frames = [*whole_turn(case), *seen(case, *np.linspace(asked(case), asked(case) - 30, 8))]
    verdict = judge(case, frames)
    assert f"30° from {end:.0f}°, where it was in frame" in named(verdict, "final view").reason
    assert named(verdict, "motion").reason == "frames 24 to 32: the camera goes back by 30°"


@pytest.mark.parametrize("tilt", [-5, 4])
def test_a_camera_that_hardly_leaves_its_height_is_fine(tilt: float) -> None:
    case = make(SOLVED)
    tilts = tilt * np.sin(np.linspace(0, np.pi, 17))
    turns = np.linspace(0, asked(case), 17)
    frames = [seen(case, turn, tilt=round(tilt)) for turn, tilt in zip(turns, tilts, strict=True)]
    assert judge(case, [frame for (frame,) in frames]).solved


@pytest.mark.parametrize(("zoom", "kept"), [(1.04, True), (0.8, False)])
def test_the_distance_is_to_be_kept(zoom: float, kept: bool) -> None:
    case = make(SOLVED)
    zooms = np.linspace(1, zoom, 25)
    frames = [_zoomed(frame, zoom) for frame, zoom in zip(whole_turn(case), zooms, strict=True)]
    assert judge(case, frames).solved == kept


def _zoomed(frame: Any, zoom: float) -> Any:
    matrix = np.array([[zoom, 0, 256 * (1 - zoom)], [0, zoom, 256 * (1 - zoom)]])
    return cv2.warpAffine(frame, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)


def test_a_video_that_is_too_bright_from_the_start_is_fine() -> None:
    case = make(SOLVED)
    frames = [np.clip(frame * [1.14, 1.1, 1.12] + 6, 0, 255).astype(np.uint8) for frame in whole_turn(case)]
    assert frames[0].max() == 255
    assert judge(case, frames).solved


def test_light_that_goes_out_is_noticed() -> None:
    case = make(SOLVED)
    frames = [frame if index < 18 else (frame * 0.75).astype(np.uint8) for index, frame in enumerate(whole_turn(case))]
    assert named(judge(case, frames), "scene").frames == tuple(range(18, 25))


def test_black_frames_in_between_are_named() -> None:
    case = make(SOLVED)
    frames = whole_turn(case)
    frames[10:13] = [np.zeros_like(frames[0])] * 3
    verdict = judge(case, frames)
    assert named(verdict, "scene").reason == "frames 10 to 12: the scene is not seen"
    assert named(verdict, "final view").passed


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_that_is_lost_at_the_end_cannot_be_judged(level: int) -> None:
    case = make(SOLVED)
    with pytest.raises(UnscorableError, match="not to be seen after frame 24") as caught:
        judge(case, [*whole_turn(case), np.full((512, 512, 3), level, np.uint8)])
    assert caught.value.at_fault == "video"


@pytest.mark.parametrize("missing", ["voxels", "elevation", "azimuth_start", "signed_angle", "camera", "table"])
def test_metadata_that_lacks_something_is_the_task_s_fault(missing: str) -> None:
    case = make(SOLVED)
    details = {name: value for name, value in case.details.items() if name != missing}
    with pytest.raises(UnscorableError, match=rf"details\.{missing}") as caught:
        VERIFIER.verify(footage_of(case.first_frame, seen(case, 0, 10)), {"details": details})
    assert caught.value.at_fault == "task"


@pytest.mark.parametrize("angle", [0, 8, 360, "far"])
def test_a_turn_that_makes_no_sense_is_the_task_s_fault(angle: Any) -> None:
    case = make(SOLVED)
    with pytest.raises(UnscorableError, match="signed_angle"):
        VERIFIER.verify(
            footage_of(case.first_frame, seen(case, 0, 10)), {"details": {**case.details, "signed_angle": angle}}
        )


def test_metadata_of_another_task_is_noticed() -> None:
    case, other = make(SOLVED), make(SOLVED, "hard")
    with pytest.raises(UnscorableError, match="does not show the sculpture") as caught:
        VERIFIER.verify(footage_of(case.first_frame, seen(case, 0, 10)), {"details": other.details})
    assert caught.value.at_fault == "task"


@pytest.mark.parametrize("kind", [SOLVED, "cube_recolored"])
def test_a_disturbed_video_file_gets_the_same_verdict(tmp_path: Path, kind: str) -> None:
    case = make(kind)
    case.first_frame.save(tmp_path / "first_frame.png")
    perturbation = replace(draw_perturbation(Random(2)), size=(640, 480), rate=12)
    write_perturbed(case.frames(), 24, tmp_path / "video.mp4", perturbation)
    verifiers: Registry[Verifier] = Registry("verifier")
    verifiers.register("rotation", VERIFIER, origin="test")
    exhibit = Exhibit(
        domain="rotation",
        task_id="rotation_0000",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first_frame.png",
        final_frame=None,
        metadata={"details": case.details},
    )
    assert RulesJudge(verifiers).judge(exhibit).verdict.solved == (kind == SOLVED)
