"""Watching a video once, from the first frame to the last, for all metrics at the same time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing

from vmevalkit.errors import (
    InsufficientMemoryError,
    TimedOutError,
    UnreadableVideoError,
    UnscorableError,
    VmevalkitError,
)
from vmevalkit.features.frame import ObservedFrame, ObservedVideo, observe
from vmevalkit.features.material import Material, Pairing
from vmevalkit.features.registry import load_extractor
from vmevalkit.media.container import unreadable
from vmevalkit.media.decode import Frame
from vmevalkit.media.sandbox import isolated_decode, isolated_probe
from vmevalkit.media.video_source import VideoSource
from vmevalkit.records.evaluation import FrameBasis
from vmevalkit.records.video import VideoInfo
from vmevalkit.vision.observation import Pixels
from vmevalkit.vision.resizing import size_of

UNREADABLE = (UnreadableVideoError, TimedOutError, InsufficientMemoryError)
"""What looking at a file may raise."""


class Watching:
    """A video that is watched; its reference is read beside it, as far as anybody asks for that."""

    def __init__(self, material: Material) -> None:
        """Looks at the headers of both files; raises like `isolated_probe` for the video."""
        self.material = material
        self.info = isolated_probe(material.video)
        self.pairing = _pair(material, self.info)
        self._frames = 0
        self._digest = hashlib.sha256()

    def frames(self) -> Iterator[ObservedFrame]:
        """Every frame, once, as in `observe`; raises like `isolated_decode` for the video."""
        with (
            closing(_Partner(self.material, self.pairing)) as partner,
            closing(isolated_decode(self.material.video)) as decoded,
        ):
            video = ObservedVideo(self.material, self.info, self.pairing, partner.frame, load_extractor)
            yield from observe(map(self._noted, decoded), video)

    @property
    def basis(self) -> FrameBasis:
        """The frames that were watched so far."""
        return FrameBasis(
            frames=self._frames,
            frames_total=self._frames,
            strategy="all",
            decoder=VideoSource.decoder,
            frames_sha256=self._digest.hexdigest(),
        )

    def _noted(self, frame: Frame) -> Pixels:
        """The pixels of a frame, which count as watched; raises UnreadableVideoError for another size than before."""
        if size_of(frame.pixels) != (self.info.width, self.info.height):
            raise unreadable(self.material.video, "its frames are of different sizes")
        self._frames += 1
        self._digest.update(frame.pixels.data)
        return frame.pixels


class _Partner:
    """The reference, read frame by frame beside the video; opened when first asked for."""

    def __init__(self, material: Material, pairing: Pairing | UnscorableError) -> None:
        self._pairing = pairing
        first = pairing.count if isinstance(pairing, Pairing) else 0
        self._decoded = isolated_decode(material.reference or material.video, first=first)

    def frame(self, index: int) -> Pixels | None:
        """The frame of that number, asked for in order; None past the end of video or reference.

        Raises UnscorableError, and from then on for every frame, when it cannot be read.
        """
        if isinstance(self._pairing, UnscorableError):
            raise self._pairing
        if index >= self._pairing.count:
            return None
        try:
            found = next((frame.pixels for frame in self._decoded if frame.index == index), None)
        except UNREADABLE as error:
            self._pairing = _no_reference(error)
            raise self._pairing from error
        if found is not None and size_of(found) != self._pairing.size:
            self._pairing = UnscorableError("The reference has frames of different sizes", at_fault="task")
            raise self._pairing
        return found

    def close(self) -> None:
        """End reading."""
        self._decoded.close()


def in_short(error: VmevalkitError) -> str:
    """What is wrong with a file, without naming it: equal for equal faults of different files."""
    if isinstance(error, UnreadableVideoError):
        return error.reason
    if isinstance(error, TimedOutError):
        return "decoding it takes too long"
    return "decoding it needs too much memory"


def _pair(material: Material, info: VideoInfo) -> Pairing | UnscorableError:
    if material.reference is None:
        return UnscorableError(
            "The task has no reference video", expected="its solution as ground_truth.mp4", at_fault="task"
        )
    try:
        return Pairing(info, isolated_probe(material.reference))
    except UNREADABLE as error:
        return _no_reference(error)


def _no_reference(error: VmevalkitError) -> UnscorableError:
    return UnscorableError(f"The reference video cannot be read: {in_short(error)}", at_fault="task")
