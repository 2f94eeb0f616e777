from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made
from vmevalkit.records.recipe import Recipe

Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
Weights = Callable[[str], Path]


def recipe(key: str) -> Recipe:
    return recipe_of(catalog().get(key))[0]


@pytest.mark.parametrize(
    ("shape", "size"),
    [((832, 480), (832, 480)), ((480, 832), (480, 832)), ((2000, 1000), (896, 448)), ((512, 512), (608, 608))],
)
def test_default_is_native(plan: Plans, shape: tuple[int, int], size: tuple[int, int]) -> None:
    planned = plan("sana-video-2b-480p", shape=shape)
    assert (planned.size, planned.frames, planned.fps) == (size, 81, 16)


def test_alias_has_the_same_recipe() -> None:
    assert recipe("sana") == recipe("sana-video-2b-480p")
    assert catalog().get("sana").parameters == catalog().get("sana-video-2b-480p").parameters


def test_size_that_the_pipeline_would_refuse_or_replace_is_refused(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match="multiples of 32"):
        plan("sana", size="624x624")
    assert plan("sana", size="640x640").size == (640, 640)


@given(frames=st.integers(-3, 40))
@settings(max_examples=30, deadline=None)
def test_frames_are_one_more_than_a_multiple_of_four(plan: Plans, frames: int) -> None:
    if frames in {5, 9, 13, 17, 21}:
        assert plan("tiny-sana", frames=frames).frames == frames
    else:
        with pytest.raises(InvalidRequestError, match=r"5, 9, 13 … 21 frames|number of at least 1"):
            plan("tiny-sana", frames=frames)


def test_duration_becomes_the_nearest_number_of_frames_and_says_so(plan: Plans) -> None:
    planned = plan("sana", shape=(832, 480), duration=5.0)
    assert planned.frames == 81
    assert [(change.target, change.after["seconds"]) for change in planned.transforms] == [("duration", 81 / 16)]


def test_video_is_as_planned_and_depends_on_the_seed(make: Makes) -> None:
    made, video = make("tiny-sana", seed=1, size="96x64")
    assert video.shape == (9, 64, 96, 3) == (made.frames, made.height, made.width, 3)
    again, other = (make("tiny-sana", seed=seed, size="96x64")[1] for seed in (1, 2))
    assert np.array_equal(video, again)
    assert np.abs(video - other).mean() > 1


def test_picture_counts_although_the_folder_names_the_pipeline_without_one(make: Makes, tiny_weights: Weights) -> None:
    index = (tiny_weights("tiny-sana") / "model_index.json").read_text()
    assert '"_class_name": "SanaVideoPipeline"' in index
    near, far = (make("tiny-sana", shape=shape)[1] for shape in ((128, 128), (128, 32)))
    assert np.abs(near[0] - far[0]).mean() > 1


@pytest.mark.parametrize(("name", "value", "used"), [("flow_shift", 3.0, 8.0), ("motion_score", 1, 30)])
def test_parameter_is_used_and_recorded(make: Makes, name: str, value: float, used: float) -> None:
    change: dict[str, Any] = {name: value}
    (made, video), (_, other) = make("tiny-sana"), make("tiny-sana", **change)
    assert made.effective[name] == used
    assert np.abs(video - other).mean() > 1


def test_motion_score_is_told_at_the_end_of_the_prompt(make: Makes) -> None:
    made, _ = make("tiny-sana", "go")
    assert made.effective["prompt_tokens"] == len("go motion score: 30.")


def test_long_prompt_is_refused_unless_it_may_be_cut(make: Makes) -> None:
    room = 298 - len(" motion score: 30.")
    assert make("tiny-sana", "x" * room)[0].effective["prompt_tokens"] == 298
    with pytest.raises(InvalidRequestError, match=r"299 tokens\. Expected at most 298"):
        make("tiny-sana", "x" * (room + 1))
    made, _ = make("tiny-sana", "x" * (room + 1), long_prompt="truncate")
    assert (made.effective["prompt_tokens"], made.effective["token_limit"]) == (299, 298)
