from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import PIL
import pytest
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.errors import InvalidRequestError, MissingImageError, UnknownNameError, UnreadableVideoError
from vmevalkit.media.sample import select_frames

NumberIn = Callable[[NDArray[np.uint8]], int]
Picture = Callable[..., NDArray[np.uint8]]
MakeClip = Callable[..., Path]


@pytest.fixture
def images(tmp_path: Path, numbered_picture: Picture) -> list[Path]:
    """Twelve numbered PNG files in a folder of their own, `frame_0.png` to `frame_11.png`."""
    folder = tmp_path / "images"
    folder.mkdir()
    paths = [folder / f"frame_{index}.png" for index in range(12)]
    for index, path in enumerate(paths):
        Image.fromarray(numbered_picture(index)).save(path)
    return paths


def test_gives_frames_and_a_record_of_them(make_clip: MakeClip, number_in: NumberIn) -> None:
    frames, meta = select_frames(make_clip(count=48), 5)
    assert frames.shape == (5, 64, 64, 3)
    assert frames.dtype == np.uint8
    assert [number_in(frame) for frame in frames] == list(meta.selected_indices) == [0, 11, 23, 35, 47]
    assert meta.timestamps_seconds == pytest.approx([index / 24 for index in meta.selected_indices])
    assert (meta.num_frames_total, meta.strategy, meta.fps_used) == (48, "uniform", None)
    assert meta.decoder == f"pyav {av.__version__}"


def test_the_hash_tells_pixels_and_shape(make_clip: MakeClip) -> None:
    path = make_clip()
    frames, meta = select_frames(path, 4)
    digest = hashlib.sha256(b"(4, 64, 64, 3)" + frames.tobytes()).hexdigest()
    assert meta.frames_sha256 == digest == select_frames(path, 4).meta.frames_sha256
    assert select_frames(path, 3).meta.frames_sha256 != digest


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("midpoint", [6, 18, 30, 42]),
        ("vlmevalkit", [9, 19, 28, 38]),
        ("last", [44, 45, 46, 47]),
        ("longvideobench", [0, 24]),
        ("all", list(range(48))),
    ],
)
def test_rules_go_by_name(make_clip: MakeClip, number_in: NumberIn, strategy: str, expected: list[int]) -> None:
    frames, meta = select_frames(make_clip(count=48), 4, strategy)
    assert [number_in(frame) for frame in frames] == list(meta.selected_indices) == expected


def test_a_frame_chosen_twice_comes_twice(make_clip: MakeClip, number_in: NumberIn) -> None:
    frames, meta = select_frames(make_clip(count=3), 6, "midpoint")
    assert [number_in(frame) for frame in frames] == list(meta.selected_indices) == [0, 0, 1, 1, 2, 2]


def test_fps_goes_by_the_times_in_the_file(uneven_clip: Path, number_in: NumberIn) -> None:
    frames, meta = select_frames(uneven_clip, 32, "fps", fps=2)
    # Shown at 0, 0.5, 1, 1.5, … seconds: 25 frames a second up to 0.96 s, then 6.25.
    shown = [int(second / 0.04) if second < 0.96 else 24 + int((second - 0.96) / 0.16) for second in np.arange(10) / 2]
    assert [number_in(frame) for frame in frames] == list(meta.selected_indices) == shown
    assert meta.fps_used == 2


@pytest.mark.parametrize(("fps", "expected"), [(1, 2), (24, 48), (100, 48), (0.1, 1), (1e12, 48)])
def test_fps_never_takes_a_frame_twice(make_clip: MakeClip, fps: float, expected: int) -> None:
    assert len(select_frames(make_clip(count=48), 100, "fps", fps=fps).frames) == expected


def test_fps_forgives_the_rounding_of_matroska(make_clip: MakeClip) -> None:
    meta = select_frames(make_clip("a.mkv", 48), 48, "fps", fps=3).meta
    assert meta.selected_indices == (0, 8, 16, 24, 32, 40)


@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_fps_takes_no_frame_ahead_of_its_time_where_a_tick_is_a_frame(make_clip: MakeClip, name: str) -> None:
    path = make_clip(name, 48, options={"bf": "0"}, container={"video_track_timescale": "24"})
    expected = tuple(dict.fromkeys(24 * moment // 10 for moment in range(20)))
    assert select_frames(path, 48, "fps", fps=10).meta.selected_indices == expected


def test_stride_is_thinned_evenly_when_it_gives_too_many(make_clip: MakeClip) -> None:
    path = make_clip(count=48)
    assert select_frames(path, 32, "stride", stride=10).meta.selected_indices == (0, 10, 20, 30, 40)
    assert select_frames(path, 3, "stride", stride=10).meta.selected_indices == (0, 20, 40)


def test_frames_can_be_scaled(make_clip: MakeClip, number_in: NumberIn) -> None:
    frames = select_frames(make_clip(), 3, size=(32, 16)).frames
    assert frames.shape == (3, 16, 32, 3)
    assert number_in(frames[2]) == 47


def test_an_unknown_strategy_names_its_neighbours(make_clip: MakeClip) -> None:
    with pytest.raises(UnknownNameError) as caught:
        select_frames(make_clip(), strategy="uniformly")
    assert "uniform" in caught.value.near


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"max_frames": 0}, "max_frames"),
        ({"strategy": "fps"}, "fps"),
        ({"strategy": "fps", "fps": 0}, "fps"),
        ({"strategy": "stride", "stride": -1}, "stride"),
        ({"fps": 2}, "fps"),
        ({"strategy": "qwen", "max_frames": 64}, "max_frames"),
        ({"size": (0, 5)}, "size"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(make_clip: MakeClip, arguments: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        select_frames(make_clip(), **arguments)  # type: ignore[arg-type]  # that is the point
    assert caught.value.field == field


def test_takes_a_folder_of_images_in_the_order_of_their_numbers(images: list[Path], number_in: NumberIn) -> None:
    frames, meta = select_frames(images[0].parent, 12)
    assert [number_in(frame) for frame in frames] == list(range(12))
    assert (meta.timestamps_seconds, meta.decoder) == ((), f"pillow {PIL.__version__}")


def test_takes_a_list_of_images_as_it_comes(images: list[Path], number_in: NumberIn) -> None:
    frames, meta = select_frames(images[::-1], 4, size=(32, 32))
    assert [number_in(frame) for frame in frames] == [11, 8, 4, 0]
    assert (meta.num_frames_total, frames.shape[1:]) == (12, (32, 32, 3))


def test_images_have_no_times_to_go_by(images: list[Path]) -> None:
    with pytest.raises(InvalidRequestError, match="by time"):
        select_frames(images, 4, "fps", fps=1)


def test_images_of_different_sizes_need_one_to_be_named(images: list[Path]) -> None:
    Image.new("RGB", (20, 20)).save(images[5])
    with pytest.raises(UnreadableVideoError, match="different sizes"):
        select_frames(images, 12)
    assert select_frames(images, 12, size=(16, 16)).frames.shape == (12, 16, 16, 3)


def test_missing_images_are_named(images: list[Path], tmp_path: Path) -> None:
    images[3].unlink()
    with pytest.raises(MissingImageError, match=r"frame_3\.png"):
        select_frames(images, 12)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UnreadableVideoError, match="no images"):
        select_frames(tmp_path / "nothing")
    with pytest.raises(UnreadableVideoError, match="no images"):
        select_frames([])


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_takes_an_animated_image(tmp_path: Path, images: list[Path], number_in: NumberIn, name: str) -> None:
    first, *others = [Image.open(path) for path in images]
    durations = [200] * 6 + [400] * 6
    first.save(tmp_path / name, save_all=True, append_images=others, duration=durations, lossless=True)
    frames, meta = select_frames(tmp_path / name, 4, "fps", fps=1)
    assert [number_in(frame) for frame in frames] == list(meta.selected_indices) == [0, 5, 8, 10]
    assert meta.timestamps_seconds == pytest.approx([0, 1.0, 2.0, 2.8])


def test_a_cut_off_video_is_refused(make_clip: MakeClip) -> None:
    path = make_clip(container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnreadableVideoError, match="cut off"):
        select_frames(path, 2)
