"""What is found out from the task's own pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vmevalkit.errors import MissingImageError, UnreadableImageError, UnscorableError
from vmevalkit.features.frame import ObservedFrame
from vmevalkit.media.images import open_image
from vmevalkit.vision.observation import FIRST_PICTURE, Pixels
from vmevalkit.vision.registration import Registration, register


def first_picture(frame: ObservedFrame) -> Pixels:
    """Extracts `FIRST_PICTURE`."""
    material = frame.video.material
    return _read("first frame", material.first_frame if material else None)


def final_picture(frame: ObservedFrame) -> Pixels:
    """Extracts `FINAL_PICTURE`."""
    material = frame.video.material
    return _read("final frame", material.final_frame if material else None)


def opening(frame: ObservedFrame) -> Registration | None:
    """Extracts `OPENING`, from the video's first frame: it has to be asked for there."""
    if frame.index:
        raise ValueError("expected to be asked for at the first frame")
    return register(frame.pixels, frame[FIRST_PICTURE])


def _read(what: str, path: Path | None) -> Pixels:
    if path is None:
        raise UnscorableError(f"The task has no {what}", expected="that picture beside it", at_fault="task")
    try:
        return np.asarray(open_image(path))
    except MissingImageError as error:
        raise UnscorableError(f"The task's {what} is not there", at_fault="task") from error
    except UnreadableImageError as error:
        raise UnscorableError(f"The task's {what} cannot be read as a picture", at_fault="task") from error
