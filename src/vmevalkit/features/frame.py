"""A frame under observation: what is found out about it is kept, so that each thing is found out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

from vmevalkit.errors import UnscorableError
from vmevalkit.features.material import Material, Pairing
from vmevalkit.records.video import VideoInfo
from vmevalkit.vision.flow import Flow, Luma, luma, optical_flow
from vmevalkit.vision.observation import Feature, Pixels
from vmevalkit.vision.resizing import resized

T = TypeVar("T")

LEAPS_PER_SECOND = 8
"""Rate to which a video is thinned for `LEAP`, as VBench does for its dynamic degree."""

Extractor = Callable[["ObservedFrame"], Any]
"""Finds a feature out; its result is of the type that the `Feature` says."""


@dataclass(eq=False)
class ObservedVideo:
    """The video that a frame is of, and what is found out once for all its frames."""

    material: Material | None
    """Its files; None for frames that are in memory."""
    info: VideoInfo
    """What its file holds."""
    pairing: Pairing | UnscorableError
    """How it goes with its reference; or why it cannot be compared with one."""
    partner: Callable[[int], Pixels | None]
    """The reference's frame of that number, asked for in order; None past its end."""
    extractor: Callable[[str], Extractor]
    """Knows how to find features out, by their names."""
    known: dict[Feature[Any], Any] = field(default_factory=dict)
    """What was found out, or known beforehand."""

    def paired(self) -> Pairing:
        """How it goes with its reference; raises UnscorableError where it has none."""
        if isinstance(self.pairing, UnscorableError):
            raise self.pairing
        return self.pairing


class ObservedFrame:
    """An `Observation`, with what extractors need beyond it: the frames before and the video it is of."""

    def __init__(
        self,
        index: int,
        pixels: Pixels,
        video: ObservedVideo,
        previous: ObservedFrame | None = None,
        leap_start: ObservedFrame | None = None,
    ) -> None:
        self.index, self.pixels, self.video = index, pixels, video
        self.previous = previous
        """The frame before; None for the first, and when this frame is history."""
        self.leap_start = leap_start
        """The last frame of the thinned video before this one; None when this one is not of it."""
        self._known: dict[Feature[Any], Any] = {}
        self._flows: dict[int, Flow] = {}

    def __getitem__(self, feature: Feature[T]) -> T:
        """What was found out, now or before; raises what the extractor raises, UnknownNameError without one."""
        known = self._known if feature.per == "frame" else self.video.known
        if feature not in known:
            known[feature] = self.video.extractor(feature.name)(self)
        return cast("T", known[feature])

    @cached_property
    def luma(self) -> Luma:
        """Its brightness."""
        return luma(self.pixels)

    @cached_property
    def partner(self) -> Pixels | None:
        """The reference's frame of the same number; None past the reference's end."""
        return self.video.partner(self.index)

    @cached_property
    def fitted(self) -> Pixels:
        """Itself at the size of the reference; raises UnscorableError without one."""
        return resized(self.pixels, self.video.paired().size)

    def flow_since(self, earlier: ObservedFrame) -> Flow:
        """How far things moved from an earlier frame to this one."""
        if earlier.index not in self._flows:
            self._flows[earlier.index] = optical_flow(earlier.luma, self.luma)
        return self._flows[earlier.index]

    def become_history(self) -> None:
        """Let go of earlier frames: this one is only kept to look back at."""
        if self.previous is not None:
            self.previous.previous = None
        self.leap_start = None
        self._flows.clear()


def observe(frames: Iterable[Pixels], video: ObservedVideo) -> Iterator[ObservedFrame]:
    """The frames of a video, each with its place in it.

    A frame can be asked for features until the next one comes. At most four frames are held at a time.
    """
    last: ObservedFrame | None = None
    leap_start: ObservedFrame | None = None
    interval = max(1, round(video.info.fps / LEAPS_PER_SECOND))
    for index, pixels in enumerate(frames):
        thinned = index % interval == 0
        frame = ObservedFrame(index, pixels, video, last, leap_start if thinned else None)
        yield frame
        frame.become_history()
        last, leap_start = frame, frame if thinned else leap_start
