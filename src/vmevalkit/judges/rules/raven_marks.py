"""The frames around candidates: which ones are there in which frame of the video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from vmevalkit.judges.rules.raven_details import Box, RavenDetails
from vmevalkit.judges.rules.raven_glide import overlap
from vmevalkit.vision.registration import Pixels


def mark_shares(
    details: RavenDetails, frames: Sequence[Pixels] | NDArray[np.uint8], covers: Mapping[int, Sequence[Box]]
) -> NDArray[np.float64]:
    """How much of its frame each candidate has, 0 to 1: frames × candidates; NaN where the copy may cover it."""
    page, highlight = (
        np.array(ImageColor.getrgb(color), np.float64) for color in (details.colors.page, details.colors.highlight)
    )
    axis = (highlight - page) / ((highlight - page) @ (highlight - page))
    shares = np.full((len(frames), len(details.candidates)), np.nan)
    for column, candidate in enumerate(details.candidates):
        ring, box = _ring(frames[0], candidate.box, details.geometry.highlight_width)
        for row, frame in enumerate(frames):
            if not any(overlap(cover, box) for cover in covers.get(row, ())):
                shares[row, column] = np.clip((frame[ring].mean(axis=0) - page) @ axis, 0, 1)
    return shares


def _ring(picture: Pixels, box: Box, width: float) -> tuple[tuple[NDArray[np.intp], ...], Box]:
    """The rows and columns of the pixels of a frame around a box, away from its edges, and its outline."""
    height, length = picture.shape[:2]
    outer, inner = ((box[0] - by, box[1] - by, box[2] + by, box[3] + by) for by in (width - 1, 1))
    mask = np.zeros((height, length), bool)
    for edges, inside in ((outer, True), (inner, False)):
        left, top, right, bottom = (max(0, round(edge)) for edge in edges)
        mask[top:bottom, left:right] = inside
    return np.nonzero(mask), outer
