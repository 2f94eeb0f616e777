"""The metric `first_frame_fidelity`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from vmevalkit.metrics.base import Measurement, Metric, too_few
from vmevalkit.metrics.placing import RESIZE, Placing
from vmevalkit.records.base import JsonObject
from vmevalkit.vision.observation import FIRST_PICTURE, Observation, Pixels
from vmevalkit.vision.similarity import ssim


class FirstFrameFidelity(Metric):
    """Whether a video begins with the picture it was given.

    Formula: SSIM, as in the metric `ssim`, of the video's first frame and the task's first frame, once scale, shift
    and bars have been undone by registration; colors count as they are. `details.color_shift` is how far the mean of
    red, green and blue is off, on average, in levels of 255; `details.registered` is false where nothing like the
    picture was found, and the whole frame was compared.
    Source: SSIM, Wang et al. 2004; registration, Evangelidis and Psarakis 2008.
    Input: the first frame H × W × 3, RGB, uint8, and the task's first frame of any size.
    Range: -1 to 1, higher is better. Minimum: 1 frame, pictures with sides of 11 pixels. Weights: none.
    Reference: SSIM of scikit-image where nothing has to be undone, tolerance 1e-6.

    Example:
        >>> import numpy as np
        >>> from vmevalkit.features.memory import watch_frames
        >>> colors = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
        >>> picture = colors.repeat(8, 0).repeat(8, 1)
        >>> metric = FirstFrameFidelity()
        >>> for frame in watch_frames([picture], first_picture=picture):
        ...     metric.update(frame)
        >>> round(metric.compute().value, 3)
        1.0
    """

    name = "first_frame_fidelity"
    summary = "Whether the video begins with the picture it was given."
    category = "no_reference"
    compares_with = ("first_frame",)
    resize = RESIZE
    frames = "first"

    def __init__(self) -> None:
        self.found: tuple[float, JsonObject] | None = None

    def update(self, frame: Observation) -> None:
        """Look at the first frame, and at no other."""
        if frame.index:
            return
        placing, picture = Placing.of(frame), frame[FIRST_PICTURE]
        placed = placing.place_untinted(frame.pixels)
        registration = placing.registration
        self.found = (
            ssim(placed, picture),
            {
                "registered": registration is not None,
                "correlation": registration.correlation if registration else None,
                "color_shift": float(np.abs(_color(placed) - _color(picture)).mean()),
            },
        )

    def merge(self, later: Self) -> None:
        """Nothing is added by what follows the first frame."""
        self.found = self.found or later.found

    def compute(self) -> Measurement:
        """The likeness of the first frame."""
        if self.found is None:
            raise too_few("frames", 1)
        value, details = self.found
        return Measurement(value, 1, details)


def _color(picture: Pixels) -> NDArray[np.float64]:
    return np.asarray(picture.mean(axis=(0, 1)))
