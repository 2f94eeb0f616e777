from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.errors import UnreadableVideoError
from vmevalkit.media.container import open_video
from vmevalkit.media.stretches import plan_stretches
from vmevalkit.media.timeline import Timeline, read_timeline
from vmevalkit.media.video_source import VideoSource

NumberIn = Callable[[NDArray[np.uint8]], int]
MakeClip = Callable[..., Path]
SHORT_GOPS = {"g": "20", "bf": "3"}


def timeline_of(path: Path) -> Timeline:
    with open_video(path) as video:
        return read_timeline(video)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("plain.mp4", "libx264", {"bf": "0", "g": "10"}),
        ("reordered.mp4", "libx264", {"bf": "3", "g": "10"}),
        ("open.mp4", "libx264", {"bf": "3", "x264-params": "open-gop=1:scenecut=0:keyint=10"}),
        ("refreshed.mp4", "libx264", {"x264-params": "intra-refresh=1:keyint=10"}),
        ("a.mkv", "libx264", {"g": "10"}),
        ("a.webm", "libvpx-vp9", {"g": "10"}),
        ("a.avi", "mpeg4", {"bf": "2", "g": "10"}),
    ],
)
def test_every_single_frame_can_be_found(
    make_clip: MakeClip, number_in: NumberIn, name: str, codec: str, options: dict[str, str]
) -> None:
    source = VideoSource(make_clip(name, 40, codec=codec, options=options))
    found = [next(source.read([index], None)) for index in range(40)]
    assert [(index, number_in(pixels)) for index, pixels in found] == [(index, index) for index in range(40)]


def test_every_single_frame_of_an_uneven_clip_can_be_found(uneven_clip: Path, number_in: NumberIn) -> None:
    source = VideoSource(uneven_clip)
    assert [number_in(next(source.read([index], None))[1]) for index in range(48)] == list(range(48))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(indices=st.sets(st.integers(0, 119), min_size=1, max_size=6))
def test_pixels_equal_those_of_plain_decoding(make_clip: MakeClip, tmp_path: Path, indices: set[int]) -> None:
    path = tmp_path / "clip.mp4"
    if not path.exists():
        make_clip("clip.mp4", 120, options={**SHORT_GOPS, "crf": "35"})
    with av.open(str(path)) as container:
        expected = [frame.to_ndarray(format="rgb24", interpolation="BICUBIC") for frame in container.decode(video=0)]
    for index, pixels in VideoSource(path).read(indices, None):
        assert np.array_equal(pixels, expected[index])


def test_only_what_is_needed_is_decoded(make_clip: MakeClip) -> None:
    timeline = timeline_of(make_clip(count=400, options=SHORT_GOPS))
    stretches = plan_stretches(timeline, [0, 150, 399])
    assert sum(stretch.stop - stretch.start + 1 for stretch in stretches) < 3 * 20 + 3
    assert all(stretch.start in timeline.keyframes for stretch in stretches)


def test_neighbours_share_a_stretch(make_clip: MakeClip) -> None:
    timeline = timeline_of(make_clip(count=100, options=SHORT_GOPS))
    (stretch,) = plan_stretches(timeline, [41, 45, 52])
    assert stretch.ticks == {timeline.ticks[index] for index in (41, 45, 52)}


def test_damage_before_a_wanted_frame_is_not_passed_over(make_clip: MakeClip) -> None:
    path = make_clip(size=(256, 256), options={"crf": "10", "g": "250"}, container={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 60] = bytes(range(60))
    path.write_bytes(data)
    with pytest.raises(UnreadableVideoError, match="frames were readable"):
        list(VideoSource(path).read([47], None))


def test_damage_in_the_wanted_frame_itself_is_never_missed(make_clip: MakeClip) -> None:
    path = make_clip(size=(256, 256), options={"crf": "10", "bf": "0", "g": "250"})
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][30]
        middle = (packet.pos or 0) + packet.size // 2
    data = bytearray(path.read_bytes())
    data[middle : middle + 20] = bytes(range(200, 220))
    path.write_bytes(data)
    for _ in range(5):
        with pytest.raises(UnreadableVideoError, match="frames were readable"):
            list(VideoSource(path).read([30], None))


def test_frames_of_avi_are_counted_by_decoding(make_clip: MakeClip) -> None:
    source = VideoSource(make_clip("a.avi", 30, codec="libx264", options={"bf": "2"}))
    assert source.count == 30
    assert source.seconds[-1] == pytest.approx(29 / 24)
