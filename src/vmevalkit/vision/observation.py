"""What metrics may ask of a frame: the seam between finding things out and making a number of them.

A `Feature` names something that can be found out and says of which type it is; `features` knows how. A metric asks an
observation for the features it needs and never sees what computes them, so ten metrics that need one feature cost no
more than one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vmevalkit.vision.flow import Flow, Halfway
from vmevalkit.vision.registration import Registration
from vmevalkit.vision.similarity import Structure

Pixels = NDArray[np.uint8]
"""Height × width × 3, red, green, blue, 0 to 255."""

T = TypeVar("T")


@dataclass(frozen=True)
class Feature(Generic[T]):
    """Something that can be found out about a frame, or about the whole video, whose type is T."""

    name: str
    """The name under which `features` knows how to find it out."""
    per: Literal["frame", "video"] = "frame"
    """Whether each frame has its own."""


class Observation(Protocol):
    """One frame of a video, in the place it has there."""

    @property
    def index(self) -> int:
        """Number of the frame, from 0."""

    @property
    def pixels(self) -> Pixels:
        """The frame itself; not to be changed."""

    def __getitem__(self, feature: Feature[T], /) -> T:
        """What was found out, now or when it was first asked for.

        Raises UnscorableError and others of `vmevalkit.errors` for what cannot be found out, such as a likeness to a
        reference that the task does not have.
        """


CHANGE: Feature[float | None] = Feature("change")
"""Mean absolute difference from the frame before, 0 to 255; None for the first frame."""
HALFWAY: Feature[Halfway | None] = Feature("halfway")
"""How far the frame before is from halfway between its neighbours; None except for every second frame from 2 on."""
LEAP: Feature[Flow | None] = Feature("leap")
"""Optical flow since an eighth of a second ago: between frames of the video thinned to about 8 a second.

None for the first frame and those between.
"""
SQUARED_ERROR: Feature[float | None] = Feature("squared_error")
"""Mean squared error against the reference's frame of the same number, 0 to 65025; None past the reference's end."""
STRUCTURE: Feature[Structure | None] = Feature("structure")
"""Structural similarity to that frame; None past the reference's end."""
MS_SSIM: Feature[float | None] = Feature("ms_ssim")
"""Multi-scale structural similarity to that frame, 0 to 1; None past the reference's end."""
VMAF: Feature[tuple[float, ...]] = Feature("vmaf", per="video")
"""VMAF of each frame that has a partner in the reference, 0 to 100."""
FIRST_PICTURE: Feature[Pixels] = Feature("first_picture", per="video")
"""The task's first frame."""
FINAL_PICTURE: Feature[Pixels] = Feature("final_picture", per="video")
"""The task's solved state."""
OPENING: Feature[Registration | None] = Feature("opening", per="video")
"""Where the video's first frame shows the task's first frame; None where nothing alike is found.

To be asked for at the first frame.
"""
