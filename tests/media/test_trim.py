from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError, UnreadableVideoError
from vmevalkit.media.decode import decode
from vmevalkit.media.trim import trim

NumberIn = Callable[[NDArray[np.uint8]], int]
MakeClip = Callable[..., Path]
CLOSED = {"bf": "0", "g": "12", "x264-params": "scenecut=0"}


def numbers(path: Path, number_in: NumberIn) -> list[int]:
    return [number_in(frame.pixels) for frame in decode(path)]


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        (0, None, range(48)),
        (0, 0.5, range(12)),
        (1.0, 0.5, range(24, 36)),
        (0.5, None, range(12, 48)),
        (0, 9, range(48)),
    ],
)
def test_copies_a_piece_that_begins_with_a_keyframe(
    make_clip: MakeClip, tmp_path: Path, number_in: NumberIn, start: float, duration: float | None, expected: range
) -> None:
    source, piece = make_clip(options=CLOSED), tmp_path / "piece.mp4"
    result = trim(source, piece, start=start, duration=duration)
    assert (result.method, result.video.frame_count) == ("copy", len(expected))
    assert numbers(piece, number_in) == list(expected)
    wanted = [frame.pixels for frame in decode(source) if frame.index in expected]
    assert all(np.array_equal(frame.pixels, pixels) for frame, pixels in zip(decode(piece), wanted, strict=True))


def test_a_tick_as_long_as_a_frame_forgives_no_whole_frame(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip(container={"video_track_timescale": "24"})
    assert trim(source, tmp_path / "piece.mp4", start=0.1, duration=0.85).video.frame_count == 20  # 3/24 to 22/24


def test_encodes_a_piece_that_begins_between_keyframes(
    make_clip: MakeClip, tmp_path: Path, number_in: NumberIn
) -> None:
    result = trim(make_clip(options=CLOSED), tmp_path / "piece.mp4", start=0.25, duration=0.5)
    assert result.method == "encode"
    assert result.video.duration_seconds == pytest.approx(0.5)
    assert numbers(tmp_path / "piece.mp4", number_in) == list(range(6, 18))


def test_no_frame_is_lost_where_pictures_rest_on_later_ones(
    make_clip: MakeClip, tmp_path: Path, number_in: NumberIn
) -> None:
    source, methods = make_clip(options={"bf": "3", "g": "12"}), set()
    for count in range(1, 24):
        methods.add(trim(source, tmp_path / "piece.mp4", duration=count / 24).method)
        assert numbers(tmp_path / "piece.mp4", number_in) == list(range(count))
    assert methods == {"copy", "encode"}


def test_encoding_keeps_uneven_times(uneven_clip: Path, tmp_path: Path) -> None:
    result = trim(uneven_clip, tmp_path / "piece.mp4", start=0.84, duration=1.0)
    times = [frame.timestamp_seconds for frame in decode(tmp_path / "piece.mp4")]
    assert result.method == "encode"
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.28, 0.44, 0.6, 0.76, 0.92], abs=0.001)


def test_a_copy_stays_upright(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip(options=CLOSED, size=(128, 64), rotation=90)
    for start, method in ((0.5, "copy"), (0.6, "encode")):
        result = trim(source, tmp_path / "piece.mp4", start=start, duration=0.3)
        assert (result.method, result.video.width, result.video.height) == (method, 64, 128)


@pytest.mark.parametrize(("start", "duration"), [(2.0, None), (-1, None), (0.5, 0), (0.5, -1), (99, 1)])
def test_a_piece_without_frames_is_refused(
    make_clip: MakeClip, tmp_path: Path, start: float, duration: float | None
) -> None:
    with pytest.raises(InvalidRequestError, match=r"2\.000 seconds"):
        trim(make_clip(), tmp_path / "piece.mp4", start=start, duration=duration)
    assert not (tmp_path / "piece.mp4").exists()


def test_a_cut_off_source_is_refused(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip(container={"movflags": "faststart"})
    source.write_bytes(source.read_bytes()[:-50])
    with pytest.raises(UnreadableVideoError, match="cut off"):
        trim(source, tmp_path / "piece.mp4")
    assert [file.name for file in tmp_path.iterdir()] == [source.name]
