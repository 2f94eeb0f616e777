from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnreadableImageError, UnscorableError
from vmevalkit.judges.footage import film
from vmevalkit.media.encode import encode
from vmevalkit.records.verdict import Exhibit
from vmevalkit.testing.perturb import Perturbation, draw_perturbation, write_perturbed


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """A picture with something to recognise in it."""
    random = np.random.default_rng(0)
    blocks = random.integers(0, 255, (12, 12, 3), np.uint8)
    return Image.fromarray(blocks).resize((384, 384), Image.Resampling.BICUBIC)


@pytest.fixture
def exhibit(tmp_path: Path, picture: Image.Image) -> Exhibit:
    picture.save(tmp_path / "first_frame.png")
    return Exhibit(
        domain="blocks",
        task_id="blocks_0000",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first_frame.png",
        final_frame=None,
        metadata=None,
    )


def test_frames_come_at_the_place_size_and_colors_of_the_first_frame(exhibit: Exhibit, picture: Image.Image) -> None:
    disturbed = Perturbation(scale=1.02, shift=(4, -3), gain=(0.95, 1, 1.05), offset=(6, -4, 0), size=(640, 480))
    write_perturbed([picture] * 4, 24, exhibit.video, disturbed)
    footage = film(exhibit)
    assert footage.frames.shape == (4, 384, 384, 3)
    inside = np.s_[12:-12, 12:-12]
    assert np.abs(footage.frames[-1][inside].astype(float) - np.asarray(picture)[inside]).mean() < 4


@pytest.mark.parametrize("seed", range(4))
def test_everything_at_once_is_undone(exhibit: Exhibit, picture: Image.Image, seed: int) -> None:
    write_perturbed([picture] * 3, 24, exhibit.video, draw_perturbation(Random(seed)))
    assert film(exhibit).registration.correlation > 0.95


def test_a_long_video_is_thinned_to_its_ends(exhibit: Exhibit, picture: Image.Image) -> None:
    encode([picture] * 50, exhibit.video, 24)
    footage = film(exhibit, most_frames=20)
    assert (len(footage), footage.numbers[0], footage.numbers[-1]) == (20, 0, 49)
    assert (footage.basis.frames, footage.basis.frames_total) == (20, 50)


def test_a_video_too_long_to_be_followed_is_no_fault_of_the_model(exhibit: Exhibit, picture: Image.Image) -> None:
    encode([picture] * 50, exhibit.video, 24)
    with pytest.raises(UnscorableError, match="too long to be followed in 10 frames") as caught:
        film(exhibit, most_frames=10)
    assert caught.value.at_fault == "judge"


def test_a_video_that_cuts_much_of_the_picture_off_cannot_be_judged(exhibit: Exhibit, picture: Image.Image) -> None:
    encode([picture.crop((0, 84, 384, 300))] * 4, exhibit.video, 24)
    with pytest.raises(UnscorableError, match=r"only a part of the task's picture: 4[34]% of it is cut off"):
        film(exhibit)


def test_a_black_video_does_not_show_the_task(exhibit: Exhibit) -> None:
    encode([Image.new("RGB", (384, 384))] * 3, exhibit.video, 24)
    with pytest.raises(UnscorableError, match=r"does not show the task's picture \(it is black\)") as caught:
        film(exhibit)
    assert caught.value.at_fault == "video"


def test_a_foreign_video_does_not_show_the_task(exhibit: Exhibit) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (9, 9, 3), np.uint8)
    encode([Image.fromarray(noise).resize((384, 384))] * 3, exhibit.video, 24)
    with pytest.raises(UnscorableError, match="does not show the task's picture"):
        film(exhibit)


def test_a_single_frame_shows_nothing_happen(exhibit: Exhibit, picture: Image.Image) -> None:
    encode([picture], exhibit.video, 24)
    with pytest.raises(UnscorableError, match="single frame"):
        film(exhibit)


def test_an_unreadable_first_frame_is_told_of(exhibit: Exhibit, picture: Image.Image) -> None:
    encode([picture] * 3, exhibit.video, 24)
    exhibit.first_frame.write_bytes(b"no picture")
    with pytest.raises(UnreadableImageError):
        film(exhibit)
