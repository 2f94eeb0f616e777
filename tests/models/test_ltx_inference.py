from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.limits import check_parameters
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made
from vmevalkit.weights.manifest import is_selected

Draws = Callable[[tuple[int, int]], Path]
Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
TINY = "tiny-ltx"
DISTILLED = "ltx-video-13b-distilled"


@pytest.mark.parametrize("frames", [1, 8, 120, 160, 265])
def test_only_one_more_than_a_multiple_of_eight_frames_is_made(plan: Plans, frames: int) -> None:
    with pytest.raises(InvalidRequestError, match="9, 17, 25 … 257 frames"):
        plan("ltx-video", frames=frames)


@pytest.mark.parametrize(("key", "fps", "frames"), [("ltx-video", 25, 129), ("ltx-video-13b-distilled", 30, 153)])
def test_duration_becomes_frames_and_the_change_is_recorded(plan: Plans, key: str, fps: int, frames: int) -> None:
    planned = plan(key, duration=5.0)
    assert (planned.frames, planned.fps) == (frames, fps)
    assert planned.transforms[-1].after == {"seconds": frames / fps, "frames": frames}


def test_rate_of_the_file_is_the_one_the_model_is_told(plan: Plans) -> None:
    assert plan("ltx-video", fps=30).fps == 30


@pytest.mark.parametrize(
    ("size", "expected"), [((640, 360), (704, 480)), ((360, 640), (480, 704)), ((512, 512), (576, 576))]
)
def test_size_is_the_native_one_closest_in_shape(plan: Plans, size: tuple[int, int], expected: tuple[int, int]) -> None:
    planned = plan("ltx-video", shape=size)
    assert planned.size == planned.pictures["first_frame"].size == expected


def test_size_that_the_pipeline_would_refuse_is_refused_before(plan: Plans) -> None:
    with pytest.raises(InvalidRequestError, match="multiples of 32"):
        plan("ltx-video", size="704x496")


@pytest.mark.parametrize(("name", "value"), [("steps", 50), ("guidance", 3.0)])
def test_distilled_model_has_its_own_steps_and_no_guidance(name: str, value: float) -> None:
    with pytest.raises(InvalidRequestError):
        check_parameters(catalog().get("ltx-video-13b-distilled"), {name: value})


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("ltx-video", "ltxv-13b-0.9.8-dev.safetensors"),
        ("ltx-video-13b-distilled", "vae/transformer/diffusion_pytorch_model-00001-of-00006.safetensors"),
    ],
)
def test_nothing_is_fetched_that_the_pipeline_does_not_load(key: str, path: str) -> None:
    source = recipe_of(catalog().get(key))[0].weights["model"]
    assert not is_selected(path, source.patterns)
    assert all(is_selected(file.path, source.patterns) for file in source.files)


@pytest.mark.parametrize(("frames", "size"), [(9, (64, 64)), (17, (96, 64))])
def test_exactly_the_frames_and_the_size_asked_for_are_made(make: Makes, frames: int, size: tuple[int, int]) -> None:
    made, pixels = make(TINY, frames=frames, size=f"{size[0]}x{size[1]}")
    assert pixels.shape == (made.frames, made.height, made.width, 3) == (frames, size[1], size[0], 3)


def test_seed_decides_the_video(make: Makes) -> None:
    (_, first), (_, again), (_, other) = (make(TINY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_model_is_told_the_rate(make: Makes) -> None:
    (slow, one), (_, other) = make(TINY, fps=25), make(TINY, fps=50)
    assert slow.effective["frame_rate"] == 25
    assert not np.array_equal(one, other)


def test_steps_are_told_as_they_end(make: Makes) -> None:
    steps: list[tuple[int, int]] = []
    make(TINY, steps=3, on_step=lambda *step: steps.append(step))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_prompt_that_is_not_read_to_its_end_is_refused(make: Makes) -> None:
    with pytest.raises(InvalidRequestError, match=r"prompt has 1\d\d\d tokens.*at most 1024"):
        make(TINY, "x" * 1100)


def test_prompt_is_cut_where_that_was_asked_for_and_both_lengths_are_told(make: Makes) -> None:
    made, _ = make(TINY, "x" * 1100, long_prompt="truncate")
    assert made.effective["prompt_tokens"] > made.effective["token_limit"] == 1024


def test_distilled_model_takes_the_noise_levels_it_was_distilled_to(make: Makes) -> None:
    steps: list[tuple[int, int]] = []
    made, pixels = make(TINY, like=DISTILLED, frames=17, on_step=lambda *step: steps.append(step))
    assert len(pixels) == 17
    assert steps[-1] == (8, 8)
    assert made.effective["timesteps"] == [1000, 993, 987, 981, 975, 909, 725, 0.03]
    assert (made.effective["guidance_scale"], made.effective["token_limit"]) == (1.0, 256)


def test_distilled_model_is_shown_the_final_frame_where_it_is_given_one(make: Makes, gradient: Draws) -> None:
    (_, without), (_, shown) = (make(TINY, like=DISTILLED, final_frame=path) for path in (None, gradient((64, 16))))
    assert without.shape == shown.shape
    assert not np.array_equal(without, shown)
