"""How far the frames of a video are from showing a scene that stayed as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vmevalkit.judges.rules.rotation_drift import NO_DRIFT, Drift, find_drifts
from vmevalkit.judges.rules.rotation_mark import Mark
from vmevalkit.judges.rules.rotation_track import Track
from vmevalkit.judges.rules.rotation_views import Look, Mask, Views, largest_part
from vmevalkit.vision.registration import Pixels

ALIKE = 0.1
"""Up to here a difference is noise or a matter of drawing, as a share of the area of a cube's side."""
UNSURE = 0.3
"""Up to here it may come from an azimuth that was not read well."""
FINE_STEP = 0.5
"""To what part of a degree a view is drawn for a frame."""
KEY_FRAMES = 5
"""For so many frames it is found out how the camera drifted; between them, it drifted evenly."""


class Difference(NamedTuple):
    """The largest connected part of a frame that shows something else than it should."""

    share: float
    """Its area, as a share of the area of a cube's side."""
    center: tuple[float, float]
    """Its middle: x and y in the pixels that are compared."""


class Likeness(NamedTuple):
    """What a frame shows, compared with the scene as it should look from where the camera is."""

    difference: Difference
    """What is not as it should be."""
    is_mark_misplaced: bool
    """Whether the dot on the table's rim is not where it should be."""
    drift: Drift
    """How the camera drifted."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Compares the frames of a video with the views of a scene."""

    pictures: Sequence[Pixels]
    """The frames, as small as what is compared."""
    track: Track
    """Where the camera is in each."""
    views: Views
    """The scene."""
    side: float
    """The area of a cube's side, in pixels."""
    mark: Mark
    """The dot on the table's rim."""
    ignored: Mask
    """What is not to be compared."""

    def likenesses(self) -> list[Likeness]:
        """The likeness of each frame."""
        likenesses = [self._likeness(index, NO_DRIFT) for index in range(len(self.pictures))]
        unlike = [
            index
            for index, likeness in enumerate(likenesses)
            if likeness.difference.share > ALIKE and not self.track.is_lost[index]
        ]
        for index, drift in self._drifts(unlike, likenesses):
            likenesses[index] = min(likenesses[index], self._likeness(index, drift), key=_share)
        return likenesses

    def _likeness(self, index: int, drift: Drift) -> Likeness:
        picture = drift.straighten(self.pictures[index])
        azimuth = float(self.track.azimuths[index]) + drift.turn
        found = self._difference(picture, azimuth, drift.tilt)
        if ALIKE / 4 < found.share < UNSURE:  # the azimuth may be a little off
            found = min(found, *(self._difference(picture, azimuth + offset, drift.tilt) for offset in (-1, 1)))
        view = self._look(azimuth, drift.tilt).picture
        return Likeness(found, self.mark.is_misplaced(picture, view, self.ignored), drift)

    def _difference(self, picture: Pixels, azimuth: float, tilt: float) -> Difference:
        part = largest_part(self._look(azimuth, tilt).unlike(picture) & ~self.ignored)
        return Difference(part.area / self.side, part.center)

    def _look(self, azimuth: float, tilt: float) -> Look:
        return self.views.look(round(azimuth / FINE_STEP) * FINE_STEP % 360, round(tilt))

    def _drifts(self, indexes: Sequence[int], likenesses: Sequence[Likeness]) -> Iterator[tuple[int, Drift]]:
        """For each of these frames, how the camera seems to have drifted; nothing where that explains little."""
        if not indexes:
            return
        keys = sorted({indexes[round(place)] for place in np.linspace(0, len(indexes) - 1, KEY_FRAMES)})
        azimuths = [float(self.track.azimuths[key]) for key in keys]
        found = find_drifts([self.pictures[key] for key in keys], azimuths, self.views)
        explained = [
            _share(self._likeness(key, drift)) < _share(likenesses[key]) / 2
            for key, drift in zip(keys, found, strict=True)
        ]
        if sum(explained) < len(keys) / 2:
            return
        for index in indexes:
            right = int(np.searchsorted(keys, index))
            left = max(0, right - 1)
            span = max(1, keys[right] - keys[left])
            yield index, found[left].mixed(found[right], (index - keys[left]) / span)


def _share(likeness: Likeness) -> float:
    return likeness.difference.share
