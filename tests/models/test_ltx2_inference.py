from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import Made
from vmevalkit.weights.manifest import is_selected

Makes = Callable[..., tuple[Made, NDArray[np.int16]]]
Plans = Callable[..., VideoPlan]
TINY = "tiny-ltx-2"


@pytest.mark.parametrize("frames", [8, 96, 120, 265])
def test_only_one_more_than_a_multiple_of_eight_frames_is_made(plan: Plans, frames: int) -> None:
    with pytest.raises(InvalidRequestError, match="9, 17, 25 … 257 frames"):
        plan("LTX-2", frames=frames)


def test_duration_becomes_frames_at_the_rate_asked_for(plan: Plans) -> None:
    planned = plan("LTX-2", duration=4.0, fps=25)
    assert (planned.frames, planned.fps) == (97, 25)
    assert planned.transforms[-1].before == {"seconds": 4.0}


def test_picture_is_fitted_to_the_native_size_closest_in_shape(plan: Plans) -> None:
    planned = plan("LTX-2", shape=(360, 640))
    assert planned.pictures["first_frame"].size == (512, 768)


@pytest.mark.parametrize(
    "path",
    [
        "ltx-2-19b-distilled-fp8.safetensors",
        "text_encoder/diffusion_pytorch_model-00001-of-00011.safetensors",
        "latent_upsampler/diffusion_pytorch_model.safetensors",
    ],
)
def test_nothing_is_fetched_that_the_pipeline_does_not_load(path: str) -> None:
    source = recipe_of(catalog().get("LTX-2"))[0].weights["model"]
    assert not is_selected(path, source.patterns)
    assert all(is_selected(file.path, source.patterns) for file in source.files)


def test_tiny_model_is_called_as_the_real_one_but_for_the_block_that_it_lacks() -> None:
    block = "spatio_temporal_guidance_blocks"
    real, tiny = (recipe_of(catalog().get(key))[0].options["arguments"] for key in ("LTX-2", "tiny-ltx-2"))
    assert isinstance(real, dict)
    assert isinstance(tiny, dict)
    assert (real[block], tiny[block]) == ([29], [1])
    assert {**real, block: None} == {**tiny, block: None}


@pytest.mark.parametrize(("frames", "size"), [(9, (64, 64)), (17, (96, 64))])
def test_exactly_the_frames_and_the_size_asked_for_are_made(make: Makes, frames: int, size: tuple[int, int]) -> None:
    made, pixels = make(TINY, frames=frames, size=f"{size[0]}x{size[1]}")
    assert pixels.shape == (made.frames, made.height, made.width, 3) == (frames, size[1], size[0], 3)


def test_seed_decides_the_video(make: Makes) -> None:
    (_, first), (_, again), (_, other) = (make(TINY, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_was_done_to_picture_and_sound_is_told(make: Makes) -> None:
    made, _ = make(TINY, fps=30)
    told = {name: made.effective[name] for name in ("audio", "image_crf", "frame_rate", "use_cross_timestep")}
    assert told == {"audio": "made, not kept", "image_crf": 33, "frame_rate": 30, "use_cross_timestep": False}


def test_negative_prompt_reaches_the_model(make: Makes) -> None:
    (_, one), (_, other) = (make(TINY, negative_prompt=text) for text in ("dark", "bright"))
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
