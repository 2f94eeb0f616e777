"""Footage made of frames in memory, for trying a verifier out without a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image

from vmevalkit.judges.footage import Footage
from vmevalkit.records.evaluation import FrameBasis
from vmevalkit.vision.registration import Registration


def footage_of(first_frame: Image.Image, frames: Iterable[Any], rate: float = 24) -> Footage:
    """The frames, images or arrays, as a judge would see them had no model or codec touched them.

    `rate` is their number per second; they are of the first frame's size.
    """
    pixels = np.stack([np.asarray(frame) for frame in frames])
    numbers = tuple(range(len(pixels)))
    unchanged = np.array([[1.0] * 3, [0.0] * 3])
    return Footage(
        frames=pixels,
        numbers=numbers,
        seconds=tuple(number / rate for number in numbers),
        reference=np.asarray(first_frame),
        registration=Registration(np.eye(3), unchanged, 1.0, first_frame.size),
        basis=FrameBasis(
            frames=len(pixels), frames_total=len(pixels), strategy="all", decoder="none", frames_sha256=""
        ),
    )
