"""Reading a few frames of a long video without decoding all of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vmevalkit.media.container import Video
from vmevalkit.media.decode import use_threads
from vmevalkit.media.timeline import Timeline

_WORTHWHILE = 16  # packets; leaving out fewer saves less than emptying the decoder costs


@dataclass(frozen=True)
class Stretch:
    """Packets that follow each other, decoded from a keyframe on, for the sake of some frames in it."""

    start: int
    """Position of the keyframe."""
    since: int
    """Its display time; what is shown before may rest on what came before the stretch."""
    stop: int
    """Position of the last packet that is needed."""
    ticks: frozenset[int]
    """Display times of the wanted frames."""


def plan_stretches(timeline: Timeline, indices: Collection[int]) -> list[Stretch]:
    """The stretches to decode for the frames at `indices`, in the file's order; the timeline must be exact."""
    position = {tick: place for place, tick in enumerate(timeline.packet_ticks)}
    keyframe_ticks = [timeline.packet_ticks[place] or 0 for place in timeline.keyframes]
    stretches: list[Stretch] = []
    for index in sorted(set(indices)):
        tick = timeline.ticks[index]
        keyframe = bisect_right(keyframe_ticks, tick) - 1
        start, since = (timeline.keyframes[keyframe], keyframe_ticks[keyframe]) if keyframe >= 0 else (0, tick)
        stretch = Stretch(start, since, position[tick], frozenset([tick]))
        if stretches and stretch.start < stretches[-1].stop + _WORTHWHILE:
            earlier = stretches.pop()
            stretch = replace(earlier, stop=max(earlier.stop, stretch.stop), ticks=earlier.ticks | stretch.ticks)
        stretches.append(stretch)
    return stretches


def read_stretches(video: Video, stretches: list[Stretch], *, strict: bool) -> Iterator[VideoFrame]:
    """The wanted pictures in display order; one that is not there at exactly its time is left out.

    Damage raises UnreadableVideoError. When `strict`, anything odd does, and several threads work; otherwise a stretch
    may begin at a keyframe that is not a complete restart, and a single thread works, as several do not tell all
    damage. Packets outside the stretches are read and dropped: that is quick and, unlike seeking, leads to the right
    place in every container.
    """
    if strict:
        use_threads(video, stretches[-1].stop)
        video.stream.codec_context.options = {"err_detect": "explode"}
    else:
        video.stream.thread_count = 1
    packets = enumerate(video.container.demux(video.stream))
    for stretch in stretches:
        for frame in _read_stretch(video, packets, stretch):
            if frame.is_corrupt:
                raise video.fault("a frame is damaged")
            if frame.pts in stretch.ticks:
                yield frame
        video.stream.codec_context.flush_buffers()


def _read_stretch(
    video: Video, packets: Iterator[tuple[int, Packet[VideoStream]]], stretch: Stretch
) -> Iterator[VideoFrame]:
    decoder = video.stream.codec_context
    # Pictures that no other is built on need not be decoded on the way. Only H.264 says so without exceptions.
    on_the_way: Literal["NONREF", "DEFAULT"] = "NONREF" if decoder.name == "h264" else "DEFAULT"
    for place, packet in packets:
        if place >= stretch.start and (packet.pts is None or packet.pts >= stretch.since):
            decoder.skip_frame = "DEFAULT" if packet.pts in stretch.ticks else on_the_way
            yield from packet.decode()
        if place == stretch.stop:
            break
    decoder.skip_frame = "DEFAULT"
    yield from decoder.decode(None)
