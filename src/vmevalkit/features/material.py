"""The files a video is looked at with, and how it compares with its reference in size, rate and length."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vmevalkit.records.base import JsonObject
from vmevalkit.records.video import VideoInfo
from vmevalkit.vision.resizing import Size, resizing

_RATE_TOLERANCE = 2e-3
"""Relative: 23.976 and 24 frames a second are one rate."""


@dataclass(frozen=True)
class Material:
    """The files."""

    video: Path
    """The generated video."""
    first_frame: Path
    """The picture it was to start from."""
    final_frame: Path | None = None
    """The task's solved state, where it has one."""
    reference: Path | None = None
    """The reference video, where it has one."""


@dataclass(frozen=True)
class Pairing:
    """How frames of a video are paired with those of a reference: by number, up to the end of the shorter one."""

    video: VideoInfo
    """What the video is."""
    reference: VideoInfo
    """What the reference is."""

    @property
    def size(self) -> Size:
        """Width and height to compare at: those of the reference."""
        return self.reference.width, self.reference.height

    @property
    def resize(self) -> str:
        """What is done to the video's frames: `none`, `area` or `bicubic`."""
        return resizing((self.video.width, self.video.height), self.size)

    @property
    def count(self) -> int:
        """Pairs of frames."""
        return min(self.video.frame_count, self.reference.frame_count)

    @property
    def fps(self) -> str:
        """`native` when both have one rate, else both rates."""
        video, reference = self.video.fps, self.reference.fps
        if abs(video - reference) <= _RATE_TOLERANCE * reference:
            return "native"
        return f"{video:.3g} against {reference:.3g}"

    @property
    def facts(self) -> JsonObject:
        """Counts, rates and sizes of both, for whoever reads a value."""
        facts: JsonObject = {
            "frames": self.video.frame_count,
            "reference_frames": self.reference.frame_count,
            "fps": round(self.video.fps, 6),
            "reference_fps": round(self.reference.fps, 6),
        }
        if self.resize != "none":
            facts["resized"] = {"from": [self.video.width, self.video.height], "to": list(self.size)}
        return facts
