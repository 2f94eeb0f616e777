"""A video as judges look at it: frames brought to the place, size and colors of the task's first frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import UnscorableError
from vmevalkit.media.images import open_image
from vmevalkit.media.sandbox import isolated_probe, isolated_select_frames
from vmevalkit.records.evaluation import FrameBasis
from vmevalkit.records.verdict import Exhibit
from vmevalkit.records.video import VideoInfo
from vmevalkit.vision.registration import Pixels, Registration, register

MOST_FRAMES = 1200
"""Frames looked at; longer videos are thinned evenly, first and last frame included."""
LONGEST_STEP = 0.15
"""Seconds between the frames of a thinned video; what moves could not be followed over longer ones."""
MOST_CUT_OFF = 0.1
"""Share of the task's picture that may lie outside the frame."""
MOST_BYTES = 2**30
"""Memory for the frames, as decoded and as straightened; larger pictures are looked at in fewer frames."""
LEAST_FRAMES = 2
LEAST_SIDE = 32
"""Pixels; a smaller task picture cannot be recognised."""
LEAST_CORRELATION = 0.8
"""Below this, the video is not taken to begin with the task's picture."""


@dataclass(frozen=True, eq=False)
class Footage:
    """Frames of a video, each at the place, size and colors of the task's first frame."""

    frames: NDArray[np.uint8]
    """Frames × height × width × 3, RGB; height and width are those of the reference."""
    numbers: tuple[int, ...]
    """The number of each frame in the video, from 0."""
    seconds: tuple[float, ...]
    """When each is shown, from the first frame of the video on."""
    reference: Pixels
    """The task's first frame: height × width × 3."""
    registration: Registration
    """How the frames were brought there."""
    basis: FrameBasis
    """Which frames these are."""

    def __len__(self) -> int:
        return len(self.frames)


def film(exhibit: Exhibit, most_frames: int = MOST_FRAMES) -> Footage:
    """The footage of a run.

    Raises UnscorableError when the video is too short or does not begin with the task's picture, UnreadableVideoError,
    UnreadableImageError for the task's picture, TimedOutError and InsufficientMemoryError.
    """
    reference = np.asarray(open_image(exhibit.first_frame))
    if min(reference.shape[:2]) < LEAST_SIDE:
        raise UnscorableError(
            f"The task's first frame has {reference.shape[1]} × {reference.shape[0]} pixels",
            expected=f"sides of at least {LEAST_SIDE}",
            next_step="Create the task with a larger picture",
            at_fault="task",
        )
    video = isolated_probe(exhibit.video)
    width, height = _handy_size(video, reference)
    affordable = MOST_BYTES // max(reference.nbytes, 3 * width * height)
    most_frames = max(LEAST_FRAMES, min(most_frames, affordable))
    if video.frame_count > most_frames and video.duration_seconds / most_frames > LONGEST_STEP:
        raise _too_long(video, most_frames)
    sample = isolated_select_frames(exhibit.video, most_frames, size=(width, height))
    if len(sample.frames) < LEAST_FRAMES:
        raise UnscorableError(
            "The video has a single frame", expected="one that shows something happen", at_fault="video"
        )
    registration = register(sample.frames[0], reference)
    if registration is None or registration.correlation < LEAST_CORRELATION:
        raise _not_shown(exhibit.video, sample.frames, registration)
    if (share := registration.share_outside((width, height))) > MOST_CUT_OFF:
        raise UnscorableError(
            f"The video shows only a part of the task's picture: {share:.0%} of it is cut off",
            expected=f"a video that shows it all; {MOST_CUT_OFF:.0%} may be missing",
            at_fault="video",
        )
    meta = sample.meta
    return Footage(
        frames=straighten(sample.frames, registration),
        numbers=meta.selected_indices,
        seconds=meta.timestamps_seconds,
        reference=reference,
        registration=registration,
        basis=FrameBasis.of(meta),
    )


def straighten(frames: Sequence[Pixels] | NDArray[np.uint8], registration: Registration) -> NDArray[np.uint8]:
    """The frames as the registration has them: frames × height × width × 3."""
    return np.stack([registration.straighten(frame) for frame in frames])


def _handy_size(video: VideoInfo, reference: Pixels) -> tuple[int, int]:
    """Width and height to decode to: the video's own, or less where it is much larger than the reference."""
    scale = min(1.0, 1.5 * min(reference.shape[:2]) / min(video.width, video.height))
    return max(1, round(video.width * scale)), max(1, round(video.height * scale))


def _too_long(video: VideoInfo, most_frames: int) -> UnscorableError:
    return UnscorableError(
        f"The video is {video.duration_seconds:.0f} seconds long, too long to be followed in {most_frames} frames",
        expected=f"at most {most_frames * LONGEST_STEP:.0f} seconds with a first frame of this size",
        at_fault="judge",
    )


def _not_shown(video: Path, frames: NDArray[np.uint8], registration: Registration | None) -> UnscorableError:
    found = (
        "nothing of it was found" if registration is None else f"their correlation is {registration.correlation:.2f}"
    )
    dark = " (it is black)" if frames[0].max() < 24 else ""
    return UnscorableError(
        f"The first frame of {video.name} does not show the task's picture{dark}: {found}",
        expected=f"a video that begins with the first frame it was given; a correlation of {LEAST_CORRELATION} or more",
        at_fault="video",
    )
