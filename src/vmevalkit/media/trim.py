"""Cutting a piece out of a video."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av

from vmevalkit.atomic import replacing
from vmevalkit.errors import InvalidRequestError, UnreadableVideoError
from vmevalkit.media.container import StrPath, open_video
from vmevalkit.media.decode import decode
from vmevalkit.media.encode import encode_timed
from vmevalkit.media.probe import probe
from vmevalkit.media.timeline import Timeline, read_timeline
from vmevalkit.records.base import Record
from vmevalkit.records.video import VideoInfo

_CONTAINER = {"movflags": "faststart", "fflags": "bitexact"}
_COPIED = {"h264", "hevc", "av1", "vp9"}  # what players expect in an MP4


class _NotExactError(Exception):
    """Copying the packets would not give the frames asked for."""


class Trim(Record):
    """How a piece was cut, and what it is."""

    method: Literal["copy", "encode"]
    """`copy`: the pictures are those of the source, bit for bit. `encode`: they were compressed again."""
    video: VideoInfo
    """The piece."""


@dataclass(frozen=True)
class _Piece:
    source: Path
    info: VideoInfo
    timeline: Timeline
    frames: range

    @property
    def ticks(self) -> tuple[int, ...]:
        return self.timeline.ticks[self.frames.start : self.frames.stop]


def trim(source: StrPath, destination: StrPath, *, start: float = 0.0, duration: float | None = None) -> Trim:
    """Write the frames shown from `start` for `duration` seconds (to the end when None) as an MP4 without sound.

    The compressed pictures are copied where that gives exactly those frames: the piece has to begin with a keyframe,
    and no picture in it may rest on a later one. Otherwise they are encoded again, with their display times. The file
    appears under its name only when it is complete. Raises UnreadableVideoError for the source, InvalidRequestError
    for a piece that holds no frame, and OutputNotWritableError.
    """
    piece = _find(Path(source), start, duration)
    packets = _copyable_packets(piece)
    copied = _copy(piece, packets, destination) if packets else None
    return Trim(method="copy", video=copied) if copied else Trim(method="encode", video=_encode(piece, destination))


def _find(source: Path, start: float, duration: float | None) -> _Piece:
    info = probe(source)
    with open_video(source) as video:
        timeline = read_timeline(video)
    tolerance = timeline.rounding_seconds + 1e-9
    stop = float("inf") if duration is None else start + duration
    inside = [index for index, shown in enumerate(timeline.seconds) if start - tolerance <= shown < stop - tolerance]
    if start < 0 or not inside:
        raise InvalidRequestError(
            f"The piece of {source} from {start} to {stop} seconds holds no frame",
            expected=f"a piece of the {info.duration_seconds:.3f} seconds it has",
            field="start",
            value=start,
        )
    return _Piece(source, info, timeline, range(inside[0], inside[-1] + 1))


def _copyable_packets(piece: _Piece) -> range | None:
    """The packets that hold the piece and nothing shown after it; None where there is no such stretch."""
    timeline, ticks = piece.timeline, frozenset(piece.ticks)
    if not timeline.exact or piece.info.codec not in _COPIED:
        return None
    places = [place for place, tick in enumerate(timeline.packet_ticks) if tick in ticks]
    stretch = range(places[0], places[-1] + 1)
    begins_it = places[0] in timeline.keyframes and timeline.packet_ticks[places[0]] == piece.ticks[0]
    needs_more = any((timeline.packet_ticks[place] or 0) > piece.ticks[-1] for place in stretch)
    return stretch if begins_it and not needs_more else None


def _copy(piece: _Piece, packets: range, destination: StrPath) -> VideoInfo | None:
    """What was written; None, and nothing written, where an MP4 cannot hold the packets as they are."""
    try:
        with replacing(destination) as temporary:
            _remux(piece, packets, temporary)
            written = probe(temporary)
            if _looks(written) != (len(piece.frames), *_looks(piece.info)[1:]):
                raise _NotExactError
            return written
    except (_NotExactError, UnreadableVideoError):
        return None


def _remux(piece: _Piece, packets: range, path: Path) -> None:
    first = piece.ticks[0]
    with open_video(piece.source) as video, av.open(str(path), "w", format="mp4", options=_CONTAINER) as output:
        stream = output.add_stream_from_template(video.stream, opaque=True)
        for place, packet in enumerate(video.container.demux(video.stream)):
            if place not in packets:
                continue
            if packet.pts is None or packet.dts is None:
                raise _NotExactError
            if packet.pts >= first:  # what is shown before its keyframe belongs to the time before the piece
                packet.pts, packet.dts, packet.stream = packet.pts - first, packet.dts - first, stream
                output.mux(packet)


def _encode(piece: _Piece, destination: StrPath) -> VideoInfo:
    time_base, first = piece.timeline.time_base, piece.ticks[0]
    frames = decode(piece.source, indices=piece.frames)
    timed = ((tick - first, frame.pixels) for tick, frame in zip(piece.ticks, frames, strict=True))
    encode_timed(timed, destination, rate=Fraction(piece.info.fps).limit_denominator(1001), time_base=time_base)
    return probe(destination)


def _looks(info: VideoInfo) -> tuple[int, int, int, int]:
    return info.frame_count, info.width, info.height, info.rotation
