"""Reading a video frame by frame."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.frame import VideoFrame

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.container import StrPath, Video, cut_off, open_video
from vmevalkit.media.pixels import Pixels, RgbConverter
from vmevalkit.media.timeline import frame_rate, incomplete

_THREADS = min(8, os.cpu_count() or 1)
_FEW_FRAMES = 8  # starting threads costs more than they save


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a video."""

    index: int
    """Position in display order, from 0."""
    timestamp_seconds: float
    """When it is shown, counted from the first frame."""
    pixels: Pixels
    """Height × width × 3, RGB, uint8, upright."""


class _DamagedError(Exception):
    """The stream is damaged; the text says where."""


def decode(
    path: StrPath, *, indices: Collection[int] | None = None, size: tuple[int, int] | None = None
) -> Iterator[Frame]:
    """The frames of a video in display order, or those at `indices`, each once; read in sequence, so exact in any file.

    `size` is the width and height to scale to while decoding (bicubic). Reading stops after the last wanted frame.
    Colors of interlaced pictures are brought to full size as if they were progressive, since the converter knows no
    other way: they may be a line off.
    Raises UnreadableVideoError when the stream turns out damaged or cut off, saying how many frames were readable, and
    InvalidRequestError when an index lies outside the video.
    """
    wanted = None if indices is None else frozenset(indices)
    if wanted is not None and not wanted:
        return
    if wanted is not None and min(wanted) < 0:
        raise _outside(path, min(wanted), "an index from 0 up")
    last = max(wanted) if wanted else None
    converter, index = RgbConverter(size), -1
    with open_video(path) as video:
        use_threads(video, last)
        for index, (seconds, frame) in enumerate(_timed_frames(video)):
            if wanted is None or index in wanted:
                yield Frame(index, seconds, converter.convert(frame))
            if index == last:
                return
    if last is not None:
        raise _outside(path, last, f"an index below {index + 1}, the number of its frames")


def read_times(path: StrPath) -> tuple[float, ...]:
    """Display time of each frame, in seconds from the first one, found by decoding it all; raises like `decode`."""
    with open_video(path) as video:
        use_threads(video)
        return tuple(seconds for seconds, _ in _timed_frames(video))


def use_threads(video: Video, last: int | None = None) -> None:
    """Decode on several cores, unless nothing after the frame `last` is needed and that comes early."""
    video.stream.thread_type = "AUTO"
    video.stream.thread_count = 1 if last is not None and last < _FEW_FRAMES else _THREADS


def read_frames(video: Video) -> Iterator[VideoFrame]:
    """All pictures in display order, as stored; raises UnreadableVideoError saying how many of them were readable."""
    count = 0
    try:
        for frame in _sound_frames(video):
            yield frame
            count += 1
    except _DamagedError as error:
        raise video.fault(f"{cut_off(video.path) or error}; {count} frames were readable") from error
    except av.error.InvalidDataError as error:
        raise video.fault(f"{cut_off(video.path) or error.strerror}; {count} frames were readable") from error


def _sound_frames(video: Video) -> Iterator[VideoFrame]:
    for packet in video.container.demux(video.stream):
        at_end = packet.size == 0
        if at_end and (reason := incomplete(video.path)):
            # The frames that the decoder still holds may have lost one between them, so their numbers are unknown.
            raise _DamagedError(reason)
        if packet.is_corrupt:
            raise _DamagedError("a packet is damaged")
        for frame in packet.decode():
            if frame.is_corrupt:
                raise _DamagedError("a frame is damaged")
            yield frame


def _outside(path: StrPath, index: int, expected: str) -> InvalidRequestError:
    return InvalidRequestError(f"Frame {index} of {path} is asked for", expected=expected, field="indices", value=index)


def _timed_frames(video: Video) -> Iterator[tuple[float, VideoFrame]]:
    """Frames and their times from the first one on, ever later; a missing or impossible one goes by the usual rate."""
    step, first, shown = 1 / frame_rate(video), None, None
    for frame in read_frames(video):
        following = Fraction(0) if shown is None else shown + step
        if frame.pts is None or frame.time_base is None or not video.has_timestamps:
            shown = following
        else:
            stamp = frame.pts * frame.time_base
            if first is None or (shown is not None and stamp - first <= shown):
                first = stamp - following
            shown = stamp - first
        yield float(shown), frame
