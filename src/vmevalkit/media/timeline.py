"""When each frame of a video is shown, read from its packets without decoding them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from vmevalkit.errors import UnreadableVideoError
from vmevalkit.media.container import Video, cut_off, open_video

_VP8_SHOWN = 0x10


@dataclass(frozen=True)
class Timeline:
    """Display times of all frames, and how the packets that hold them follow each other in the file."""

    ticks: tuple[int, ...]
    """Display time of each frame in display order, in units of `time_base`."""
    end: int
    """When the last frame's display ends, in the same unit."""
    time_base: Fraction
    """Seconds per tick."""
    packet_ticks: tuple[int | None, ...]
    """Display time of each packet in the file's order, which is the order of decoding."""
    keyframes: tuple[int, ...]
    """Positions in `packet_ticks` at which decoding can start."""
    exact: bool
    """True when frames can be told apart by their display times, and packets and frames correspond."""

    @property
    def seconds(self) -> tuple[float, ...]:
        """Display time of each frame in seconds from the first one."""
        return tuple(float((tick - self.ticks[0]) * self.time_base) for tick in self.ticks)

    @property
    def duration_seconds(self) -> float:
        """From the first frame's start to the last frame's end."""
        return float((self.end - self.ticks[0]) * self.time_base)

    @property
    def rounding_seconds(self) -> float:
        """How far the stored times may lie off those that were meant; 0 for times that are computed."""
        if not self.packet_ticks:
            return 0.0
        spacing = (self.end - self.ticks[0]) / len(self.ticks)
        return float(self.time_base) * min(0.5, spacing / 10)  # a tick may be as long as a frame

    @property
    def is_uneven(self) -> bool:
        """True when a frame lies more than a tick and a tenth of the usual distance off an even grid."""
        steps = len(self.ticks) - 1
        if steps < 2:
            return False
        first, spacing = self.ticks[0], (self.ticks[-1] - self.ticks[0]) / steps
        allowed = max(1.0, spacing / 10)
        return any(abs(tick - first - index * spacing) > allowed for index, tick in enumerate(self.ticks))


@dataclass
class Scan:
    """What one pass over a file's packets found."""

    packet_ticks: list[int | None] = field(default_factory=list)
    """Display time of each packet."""
    shown: list[int | None] = field(default_factory=list)
    """Display time of each packet whose picture is shown."""
    keyframes: list[int] = field(default_factory=list)
    """Positions of the packets at which decoding can start."""
    end: int = 0
    """The latest time at which a picture's display ends."""
    opening: list[Packet[VideoStream]] = field(default_factory=list)
    """The packets up to the first one whose picture is shown."""
    closing: list[Packet[VideoStream]] = field(default_factory=list)
    """The last keyframe, and the last packet where that is another one."""
    changes_format: bool = False
    """True when the decoder is told of a new format on the way, so that no packet may be left out."""


def scan_packets(video: Video) -> Scan:
    """What the file's packets say; raises UnreadableVideoError for a damaged one."""
    scan, keyframe, last = Scan(), None, None
    is_vp8 = video.stream.codec_context.name == "vp8"
    for packet in video.container.demux(video.stream):
        if packet.size == 0:  # the end of the stream
            continue
        if packet.is_corrupt:
            raise video.fault(cut_off(video.path) or f"its packet number {len(scan.packet_ticks) + 1} is damaged")
        hidden = packet.is_discard or (is_vp8 and not memoryview(packet)[0] & _VP8_SHOWN)
        if not scan.shown:
            scan.opening.append(packet)
        if packet.is_keyframe:
            keyframe = packet
            scan.keyframes.append(len(scan.packet_ticks))
        scan.changes_format |= last is not None and packet.has_sidedata("new_extradata")
        scan.packet_ticks.append(packet.pts)
        if not hidden:
            scan.shown.append(packet.pts)
            scan.end = max(scan.end, (packet.pts or 0) + (packet.duration or 0))
        last = packet
    scan.closing = [packet for packet in dict.fromkeys((keyframe, last)) if packet is not None]
    return scan


def read_timeline(video: Video) -> Timeline:
    """The display times of the file's frames; raises like `scan_packets` and `build_timeline`."""
    return build_timeline(video, scan_packets(video))


def build_timeline(video: Video, scan: Scan) -> Timeline:
    """The display times that the packets tell; evenly spaced ones where the file stores none.

    Raises UnreadableVideoError when there are no frames, or fewer than the file's header promises.
    """
    if reason := cut_off(video.path):
        raise video.fault(reason)
    if not scan.shown:
        raise video.fault("it has no frames")
    ticks = sorted(tick for tick in scan.shown if tick is not None)
    if video.has_timestamps and len(set(ticks)) == len(scan.shown):
        end = scan.end if scan.end > ticks[-1] else ticks[-1] + _usual_distance(video, ticks)
        base, exact = video.stream.time_base or Fraction(1), not scan.changes_format
        timeline = Timeline(tuple(ticks), end, base, tuple(scan.packet_ticks), tuple(scan.keyframes), exact)
    else:
        count = len(scan.shown)
        timeline = Timeline(tuple(range(count)), count, 1 / frame_rate(video), (), (), exact=False)
    _check_complete(video, timeline)
    return timeline


def incomplete(path: Path) -> str | None:
    """What is missing in the file, from its packets alone; None where nothing is."""
    try:
        with open_video(path) as video:
            read_timeline(video)
    except UnreadableVideoError as error:
        return error.reason
    return None


def frame_rate(video: Video) -> Fraction:
    """Frames per second by the file's header; 25 where it is silent."""
    return video.stream.average_rate or video.stream.guessed_rate or Fraction(25)


def _usual_distance(video: Video, ticks: list[int]) -> int:
    if len(ticks) > 1:
        return round((ticks[-1] - ticks[0]) / (len(ticks) - 1))
    return max(1, round(1 / frame_rate(video) / (video.stream.time_base or Fraction(1))))


def _check_complete(video: Video, timeline: Timeline) -> None:
    kind, container = video.container.format.name, video.container
    if kind.startswith("mov"):
        promised, held = len(video.stream.index_entries), len(timeline.packet_ticks)
        if timeline.packet_ticks and held < promised:
            raise video.fault(f"frames are missing: its header promises {promised} and {held} are there")
    elif kind in {"matroska,webm", "avi"} and len(container.streams) == 1 and not timeline.is_uneven:
        promise = (container.duration or 0) / 1_000_000  # with sound, this would be the longer of the two
        end = float(timeline.end * timeline.time_base)
        if end < promise * 0.95 - 3 / frame_rate(video):  # muxers round, and may count an empty frame or two
            raise video.fault(f"frames are missing: its header promises {promise:.2f} seconds and it ends at {end:.2f}")
