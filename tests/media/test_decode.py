from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import InvalidRequestError, UnreadableVideoError
from vmevalkit.media.decode import decode

NumberIn = Callable[[NDArray[np.uint8]], int]
MakeClip = Callable[..., Path]
Picture = Callable[..., NDArray[np.uint8]]


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"bf": "0"}),
        ("a.mp4", "libx264", {"bf": "3", "g": "12"}),
        ("a.mkv", "libx264", {}),
        ("a.avi", "libx264", {"bf": "2"}),
        ("a.webm", "libvpx-vp9", {}),
        ("a.avi", "mpeg4", {"bf": "2"}),
    ],
)
def test_yields_every_frame_in_display_order(
    make_clip: MakeClip, number_in: NumberIn, name: str, codec: str, options: dict[str, str]
) -> None:
    frames = list(decode(make_clip(name, 40, codec=codec, options=options)))
    assert [number_in(frame.pixels) for frame in frames] == [frame.index for frame in frames] == list(range(40))
    assert [frame.timestamp_seconds for frame in frames] == pytest.approx([i / 24 for i in range(40)], abs=0.001)


def test_yields_wanted_frames_once_and_stops(make_clip: MakeClip, number_in: NumberIn) -> None:
    path = make_clip(count=48, container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-200])  # whoever reads on meets the damage
    assert [number_in(frame.pixels) for frame in decode(path, indices=[7, 3, 7, 20])] == [3, 7, 20]
    assert list(decode(path, indices=[])) == []


def test_scales_while_decoding(make_clip: MakeClip, number_in: NumberIn) -> None:
    frame = next(decode(make_clip(size=(128, 64)), size=(40, 20)))
    assert frame.pixels.dtype == np.uint8
    assert (frame.pixels.shape, number_in(frame.pixels)) == ((20, 40, 3), 0)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_pictures_are_upright(make_clip: MakeClip, numbered_picture: Picture, turns: int) -> None:
    path, size = make_clip(count=9, size=(128, 64), rotation=90 * turns), (64, 128) if turns % 2 else (128, 64)
    (frame,) = decode(path, indices=[8], size=size)
    expected = np.rot90(numbered_picture(8, (128, 64)), turns)
    assert np.abs(frame.pixels.astype(int) - expected).mean() < 6


def test_times_are_those_of_the_file(uneven_clip: Path, number_in: NumberIn) -> None:
    frames = list(decode(uneven_clip))
    expected = [0.04 * i if i < 24 else 0.96 + 0.16 * (i - 24) for i in range(48)]
    assert [frame.timestamp_seconds for frame in frames] == pytest.approx(expected, abs=0.001)
    assert [number_in(frame.pixels) for frame in frames] == list(range(48))


def test_times_rise_from_zero_where_the_first_frames_have_none(make_clip: MakeClip, tmp_path: Path) -> None:
    path = tmp_path / "early.mkv"
    with (
        av.open(str(make_clip("a.mkv", options={"bf": "0"}))) as source,
        av.open(str(path), "w", options={"avoid_negative_ts": "disabled"}) as output,
    ):
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts, packet.stream = packet.pts - 400, packet.dts - 400, stream
                output.mux(packet)
    with av.open(str(path)) as early:
        assert [frame.pts is None for frame in early.decode(video=0)] == [True] * 10 + [False] * 38
    times = [frame.timestamp_seconds for frame in decode(path)]
    assert times == pytest.approx([index / 24 for index in range(48)], abs=0.02)
    assert times == sorted(set(times))


@pytest.mark.parametrize("missing", [150, 400, 600])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_cut_off_file_gives_what_is_there_and_then_says_so(
    make_clip: MakeClip, number_in: NumberIn, name: str, missing: int
) -> None:
    path = make_clip(name, container={"movflags": "faststart"} if name == "a.mp4" else {})
    path.write_bytes(path.read_bytes()[:-missing])
    seen: list[int] = []
    with pytest.raises(UnreadableVideoError, match=r"cut off.* (\d+) frames were readable") as caught:
        seen.extend(number_in(frame.pixels) for frame in decode(path))
    assert seen == list(range(len(seen)))
    assert 0 < len(seen) < 48
    assert f"{len(seen)} frames were readable" in caught.value.reason


def test_damage_in_the_middle_is_not_passed_off_as_pictures(make_clip: MakeClip) -> None:
    path = make_clip(size=(256, 256), container={"movflags": "faststart"}, options={"crf": "10"})
    data = bytearray(path.read_bytes())
    middle = len(data) * 2 // 3
    data[middle : middle + 60] = Random(1).randbytes(60)
    path.write_bytes(data)
    with pytest.raises(UnreadableVideoError, match="frames were readable"):
        list(decode(path))


@pytest.mark.parametrize(("index", "expected"), [(48, "below 48"), (-1, "from 0 up")])
def test_an_index_outside_the_video_is_refused(make_clip: MakeClip, index: int, expected: str) -> None:
    with pytest.raises(InvalidRequestError, match=expected) as caught:
        list(decode(make_clip(count=48), indices=[5, index]))
    assert caught.value.value == index


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideoError, match="does not exist"):
        next(decode(tmp_path / "gone.mp4"))
