from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from vmevalkit.errors import InvalidRequestError, OutputNotWritableError
from vmevalkit.media.decode import decode
from vmevalkit.media.encode import encode

NumberIn = Callable[[NDArray[np.uint8]], int]
Picture = Callable[..., NDArray[np.uint8]]


def test_frames_come_back_in_order(tmp_path: Path, numbered_picture: Picture, number_in: NumberIn) -> None:
    path = tmp_path / "a.mp4"
    encode([numbered_picture(index) for index in range(30)], path, 24)
    frames = list(decode(path))
    assert [number_in(frame.pixels) for frame in frames] == list(range(30))
    assert frames[-1].timestamp_seconds == pytest.approx(29 / 24)


def test_the_format_is_one_that_every_browser_plays(tmp_path: Path, numbered_picture: Picture) -> None:
    path = tmp_path / "a.mp4"
    encode([numbered_picture(1)], path, Fraction(30000, 1001))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        assert container.streams.video[0].average_rate == Fraction(30000, 1001)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_colors_come_back(tmp_path: Path) -> None:
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 200, 10), (255, 255, 255), (0, 0, 0), (90, 90, 90)]
    stripes = np.array([colors], np.uint8).repeat(32, 0).repeat(16, 1)
    encode([stripes] * 3, tmp_path / "a.mp4", 24, crf=1)
    frame = next(decode(tmp_path / "a.mp4"))
    assert np.abs(frame.pixels[16, 8::16].astype(int) - colors).max() <= 4


def test_images_of_any_mode_are_taken(tmp_path: Path) -> None:
    modes = ["RGB", "L", "RGBA", "P", "1"]
    encode([Image.new("RGBA", (32, 32), (255, 255, 255, 0)).convert(mode) for mode in modes], tmp_path / "a.mp4", 5)
    frames = [frame.pixels.mean() for frame in decode(tmp_path / "a.mp4")]
    assert len(frames) == 5
    assert frames[2] > 250  # what is transparent shows white


def test_one_image_drawn_on_again_and_again_gives_every_state(tmp_path: Path) -> None:
    def states() -> Iterator[Image.Image]:
        image = Image.new("RGB", (64, 64))
        for left in range(0, 64, 16):
            ImageDraw.Draw(image).rectangle((left, 0, left + 15, 63), "white")
            yield image

    encode(states(), tmp_path / "a.mp4", 4)
    assert [round(frame.pixels.mean() / 64) for frame in decode(tmp_path / "a.mp4")] == [1, 2, 3, 4]


def test_one_array_filled_again_and_again_gives_every_state(
    tmp_path: Path, numbered_picture: Picture, number_in: NumberIn
) -> None:
    def states() -> Iterator[NDArray[np.uint8]]:
        array = numbered_picture(0)
        for number in (3, 3, 5, 9):
            array[:] = numbered_picture(number)
            yield array

    encode(states(), tmp_path / "a.mp4", 4)
    assert [number_in(frame.pixels) for frame in decode(tmp_path / "a.mp4")] == [3, 3, 5, 9]


def test_equal_frames_give_an_equal_file(tmp_path: Path, numbered_picture: Picture) -> None:
    for name in ("a.mp4", "b.mp4"):
        encode([numbered_picture(index, (128, 128)) for index in range(20)], tmp_path / name, 24)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data == (tmp_path / "b.mp4").read_bytes()
    assert b"Lavf" not in data


def test_lower_crf_keeps_more(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for crf in (10, 40):
        encode([noise], tmp_path / f"{crf}.mp4", 24, crf=crf)
    assert (tmp_path / "10.mp4").stat().st_size > 2 * (tmp_path / "40.mp4").stat().st_size


def test_an_odd_size_says_to_pad(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="pad_to_even") as caught:
        encode([Image.new("RGB", (33, 32))], tmp_path / "a.mp4", 24)
    assert caught.value.value == (33, 32)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [np.zeros((8, 8), np.uint8)],
        [np.zeros((8, 8, 3), np.float32)],
        [np.zeros((16, 16, 3), np.uint8), np.zeros((16, 18, 3), np.uint8)],
    ],
)
def test_frames_that_cannot_be_encoded_leave_nothing_behind(tmp_path: Path, frames: list[NDArray[np.uint8]]) -> None:
    with pytest.raises(InvalidRequestError):
        encode(frames, tmp_path / "a.mp4", 24)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("fps", "crf"), [(0, 18), (-1, 18), (24, 0), (24, 52)])
def test_rates_and_qualities_that_do_not_exist_are_refused(tmp_path: Path, fps: int, crf: int) -> None:
    with pytest.raises(InvalidRequestError, match="crf from 1 to 51"):
        encode([Image.new("RGB", (32, 32))], tmp_path / "a.mp4", fps, crf=crf)


def test_an_error_half_way_keeps_the_earlier_file(tmp_path: Path, numbered_picture: Picture) -> None:
    def failing() -> Iterator[NDArray[np.uint8]]:
        yield numbered_picture(0)
        raise RuntimeError("no more")

    path = tmp_path / "a.mp4"
    path.write_bytes(b"what was there")
    with pytest.raises(RuntimeError, match="no more"):
        encode(failing(), path, 24)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    assert path.read_bytes() == b"what was there"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritableError, match="nowhere"):
        encode([Image.new("RGB", (32, 32))], tmp_path / "nowhere" / "a.mp4", 24)
