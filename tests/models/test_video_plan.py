from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.base import Request
from vmevalkit.models.video_plan import VideoPlan, plan_video
from vmevalkit.records.recipe import FrameRule, Recipe, SizeRule
from vmevalkit.records.weights import WeightSource

WAN = FrameRule(step=4, least=5, most=81, default=81)
WEIGHTS = {"model": WeightSource(repository="owner/name", gigabytes=1, licence="MIT")}
RECIPE = Recipe(
    environment="diffusers",
    worker="wan",
    weights=WEIGHTS,
    frames=WAN,
    sizes=SizeRule(native=("832x480", "480x832"), multiple_of=16, least_side=160, most_side=832, most_pixels=832 * 480),
    fps=16,
)
Plans = Callable[..., VideoPlan]


@pytest.fixture
def plan(tmp_path: Path) -> Plans:
    def planned(
        picture: tuple[int, int] = (512, 512), duration: float | None = None, recipe: Recipe = RECIPE, **asked: Any
    ) -> VideoPlan:
        Image.new("RGB", picture, "red").save(tmp_path / "first.png")
        return plan_video("wan", recipe, Request(tmp_path / "first.png", "go", tmp_path / "v.mp4", duration, asked))

    return planned


@pytest.mark.parametrize(("size", "chosen"), [((512, 512), (832, 480)), ((300, 900), (480, 832)), ((9, 5), (832, 480))])
def test_native_size_closest_in_shape_is_taken(plan: Plans, size: tuple[int, int], chosen: tuple[int, int]) -> None:
    assert plan(size).size == chosen


def test_fitting_is_recorded(plan: Plans) -> None:
    (change,) = plan((512, 512)).transforms
    assert (change.operation, change.before) == ("pad", {"width": 512, "height": 512})
    assert change.after == {"width": 832, "height": 480, "color": "white"}
    assert plan((832, 480)).transforms == ()


@pytest.mark.parametrize(
    ("size", "numbers"), [("832x480", (832, 480)), ("640x480", (640, 480)), ("160x160", (160, 160))]
)
def test_sizes_that_follow_the_rule_are_taken(plan: Plans, size: str, numbers: tuple[int, int]) -> None:
    assert plan(size=size).size == numbers


@pytest.mark.parametrize("size", ["830x480", "848x480", "144x160", "832x832", "wide", "x", "0x0", "-16x160"])
def test_size_outside_the_rule_is_refused(plan: Plans, size: str) -> None:
    allowed = r"832x480, 480x832, or multiples of 16 from 160 to 832, at most 399360"
    with pytest.raises(InvalidRequestError, match=allowed):
        plan(size=size)


@pytest.mark.parametrize("frames", [5, 9, 77, 81])
def test_frames_that_follow_the_rule_are_taken(plan: Plans, frames: int) -> None:
    assert plan(frames=frames).frames == frames


@pytest.mark.parametrize("frames", [1, 4, 6, 80, 82, 85])
def test_frames_outside_the_rule_are_refused(plan: Plans, frames: int) -> None:
    with pytest.raises(InvalidRequestError, match=r"5, 9, 13 … 81 frames"):
        plan(frames=frames)


def test_duration_becomes_the_nearest_number_of_frames_and_says_so(plan: Plans) -> None:
    planned = plan((832, 480), duration=5)
    (change,) = planned.transforms
    assert planned.frames == 81
    assert change.before == {"seconds": 5}
    assert change.after == {"seconds": 81 / 16, "frames": 81}


@pytest.mark.parametrize("duration", [0.01, 6, 60])
def test_duration_that_is_out_of_reach_is_refused(plan: Plans, duration: float) -> None:
    with pytest.raises(InvalidRequestError, match="at 16 frames per second"):
        plan(duration=duration)


def test_frames_and_duration_together_are_refused(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match="one of frames and duration"):
        plan(frames=81, duration=5)


def test_first_and_last_frame_models_need_the_last(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match=r"final_frame\.png"):
        plan(recipe=RECIPE.model_copy(update={"final_frame_required": True}))


def test_final_frame_is_fitted_like_the_first(plan: Plans, tmp_path: Path) -> None:
    Image.new("RGB", (100, 100), "blue").save(tmp_path / "final.png")
    planned = plan((832, 480), final_frame=tmp_path / "final.png")
    assert {name: picture.size for name, picture in planned.pictures.items()} == {
        "first_frame": (832, 480),
        "final_frame": (832, 480),
    }
    assert [change.target for change in planned.transforms] == ["final_frame"]


def test_what_the_worker_is_told_holds_no_shape_and_no_paths(plan: Plans) -> None:
    assert plan(frames=9, seed=3, steps=20, offload="none", fit="crop").parameters == {"steps": 20}


@given(st.integers(1, 16), st.integers(1, 5), st.floats(0, 400))
def test_nearest_follows_the_rule_and_nothing_that_does_is_closer(step: int, first: int, wanted: float) -> None:
    rule = FrameRule(step=step, first=first, least=first, most=first + 12 * step + 1, default=first)
    allowed = [number for number in range(rule.most + 1) if rule.allows(number)]
    assert abs(rule.nearest(wanted) - wanted) == min(abs(number - wanted) for number in allowed)
    assert rule.allows(rule.nearest(wanted))
