"""Watching frames that are in memory already, for examples, tests and videos that are no files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import UnscorableError
from vmevalkit.features.frame import ObservedFrame, ObservedVideo, observe
from vmevalkit.features.material import Pairing
from vmevalkit.features.registry import load_extractor
from vmevalkit.records.video import VideoInfo
from vmevalkit.vision.observation import FINAL_PICTURE, FIRST_PICTURE, Feature, Pixels

Frames = Sequence[Pixels] | NDArray[np.uint8]
"""Pictures of one size, each height × width × 3; or one array of them."""


def watch_frames(
    frames: Frames,
    *,
    fps: float = 24.0,
    reference: Frames = (),
    reference_fps: float | None = None,
    first_picture: Pixels | None = None,
    final_picture: Pixels | None = None,
) -> Iterator[ObservedFrame]:
    """The frames, RGB, uint8, with all features that need no file."""
    pictures: dict[Feature[Any], Pixels | None] = {FIRST_PICTURE: first_picture, FINAL_PICTURE: final_picture}
    video = ObservedVideo(
        material=None,
        info=_described(frames, fps),
        pairing=_paired(frames, fps, reference, reference_fps or fps),
        partner=lambda index: reference[index] if index < len(reference) else None,
        extractor=load_extractor,
        known={feature: picture for feature, picture in pictures.items() if picture is not None},
    )
    return observe(frames, video)


def _paired(frames: Frames, fps: float, reference: Frames, reference_fps: float) -> Pairing | UnscorableError:
    if not len(reference):
        return UnscorableError("There is no reference", expected="frames to compare with", at_fault="task")
    return Pairing(_described(frames, fps), _described(reference, reference_fps))


def _described(frames: Frames, fps: float) -> VideoInfo:
    height, width = frames[0].shape[:2]
    return VideoInfo(
        codec="rawvideo",
        pixel_format="rgb24",
        width=width,
        height=height,
        rotation=0,
        frame_count=len(frames),
        duration_seconds=len(frames) / fps,
        fps=fps,
        variable_frame_rate=False,
        has_audio=False,
    )
