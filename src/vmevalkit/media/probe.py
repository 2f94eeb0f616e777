"""Facts about a video file, read in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vmevalkit.media.container import StrPath, Video, open_video
from vmevalkit.media.decode import read_frames
from vmevalkit.media.pixels import quarter_turns
from vmevalkit.media.timeline import Scan, Timeline, build_timeline, scan_packets
from vmevalkit.records.video import VideoInfo


def probe(path: StrPath, *, deep: bool = True) -> VideoInfo:
    """Size, rotation, frame count, timing and codec of a video; raises UnreadableVideoError with path and reason.

    Frames are counted, not believed from the header, and the first one is decoded. With `deep`, the end of the file is
    decoded too, which finds one that ends in garbage. Only reading all frames can vouch for the middle.

    A file written as a stream (Matroska or WebM through a pipe, fragmented MP4) that was cut exactly between two of
    its blocks or fragments cannot be told from a shorter one. MP4, MOV, Matroska, WebM, AVI and GIF are read; animated
    WebP and PNG are for `select_frames` alone.
    """
    with open_video(path) as video:
        video.stream.thread_count = 1
        scan = scan_packets(video)
        timeline = build_timeline(video, scan)
        return _describe(video, timeline, _peek(video, scan, deep) or _first_of_all(path))


def _describe(video: Video, timeline: Timeline, first: VideoFrame) -> VideoInfo:
    turns, count = quarter_turns(first), len(timeline.ticks)
    width, height = (first.height, first.width) if turns % 2 else (first.width, first.height)
    return VideoInfo(
        codec=video.stream.codec_context.codec.canonical_name,
        pixel_format=first.format.name,
        width=width,
        height=height,
        rotation=turns * 90,
        frame_count=count,
        duration_seconds=timeline.duration_seconds,
        fps=count / timeline.duration_seconds,
        variable_frame_rate=timeline.is_uneven,
        has_audio=bool(video.container.streams.audio),
    )


def _peek(video: Video, scan: Scan, deep: bool) -> VideoFrame | None:
    """The first frame, where it and, with `deep`, the last packet decode without a complaint.

    The last packet is decoded right after a keyframe: in most codecs that works unless it is garbage.
    """
    stretches = [scan.opening, *([scan.closing] if deep else [])]
    if deep and scan.closing[0] is scan.opening[0]:
        stretches = [[*scan.opening, *scan.closing[1:]]]
    try:
        decoded = [_decode(video, packets) for packets in stretches]
    except av.error.InvalidDataError:
        return None
    sound = all(frames and not any(frame.is_corrupt for frame in frames) for frames in decoded)
    return decoded[0][0] if sound else None


def _decode(video: Video, packets: Sequence[Packet[VideoStream]]) -> list[VideoFrame]:
    video.stream.codec_context.flush_buffers()
    frames = [frame for packet in packets for frame in packet.decode()]
    return frames + video.stream.codec_context.decode(None)


def _first_of_all(path: StrPath) -> VideoFrame:
    """The first frame of a file that is decoded to its end."""
    with open_video(path) as video:
        video.stream.thread_count = 1  # several would not report all damage
        frames = read_frames(video)
        first = next(frames)
        for _ in frames:
            pass
        return first
