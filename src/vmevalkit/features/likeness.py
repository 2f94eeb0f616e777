"""What is found out by comparing a video with its reference, frame by frame.

Where their sizes differ, the video's frame is brought to the size of the reference; nothing is padded.
"""

from __future__ import annotations

import numpy as np

from vmevalkit.errors import UnscorableError
from vmevalkit.features.frame import ObservedFrame
from vmevalkit.media.vmaf import measure_vmaf
from vmevalkit.vision.observation import CHANGE, MS_SSIM, STRUCTURE
from vmevalkit.vision.similarity import Structure, mse
from vmevalkit.vision.similarity import ms_ssim as ms_ssim_of
from vmevalkit.vision.similarity import structure as structure_of


def squared_error(frame: ObservedFrame) -> float | None:
    """Extracts `SQUARED_ERROR`."""
    return None if frame.partner is None else mse(frame.fitted, frame.partner)


def structure(frame: ObservedFrame) -> Structure | None:
    """Extracts `STRUCTURE`."""
    if frame.partner is None:
        return None
    before = _same_before(frame)
    return before[STRUCTURE] if before else structure_of(frame.fitted, frame.partner)


def ms_ssim(frame: ObservedFrame) -> float | None:
    """Extracts `MS_SSIM`; its finest scale is that of `STRUCTURE`."""
    if frame.partner is None:
        return None
    before = _same_before(frame)
    return before[MS_SSIM] if before else ms_ssim_of(frame.fitted, frame.partner, frame[STRUCTURE])


def _same_before(frame: ObservedFrame) -> ObservedFrame | None:
    """The frame before, where neither the video nor its reference has changed since: what holds for it holds again."""
    before = frame.previous
    if before is None or before.partner is None or frame.partner is None or frame[CHANGE] != 0:
        return None
    return before if np.array_equal(before.partner, frame.partner) else None


def vmaf(frame: ObservedFrame) -> tuple[float, ...]:
    """Extracts `VMAF`: measured for the whole video when first asked for."""
    material, pairing = frame.video.material, frame.video.paired()
    if material is None or material.reference is None:
        raise UnscorableError("VMAF is measured on files", expected="a video file and a reference", at_fault="task")
    scale = None if pairing.resize == "none" else (*pairing.size, pairing.resize)
    return measure_vmaf(material.video, material.reference, scale=scale).values
