"""Views of a rotation task's scene, drawn again from its metadata: what the judge of rotations compares videos with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from vmevalkit.judges.rules.rotation_details import RotationDetails
from vmevalkit.tasks.domains.voxel_picture import Scene
from vmevalkit.tasks.domains.voxels import Voxel
from vmevalkit.vision.registration import Pixels

SCENES_KEPT = 12
"""A scene holds about 7 MB."""


class TiltedScene(Scene):
    """The scene of a task, looked at from higher or lower than asked; distance and zoom are kept."""

    def __init__(self, voxels: Sequence[Voxel], elevation: float, tilt: float) -> None:
        """Raise the camera by `tilt` degrees, above the point it looks at."""
        super().__init__(voxels, elevation)
        self._camera = replace(self._camera, elevation=elevation + tilt)


def view(details: RotationDetails, azimuth: float, tilt: float = 0) -> Pixels:
    """What the camera of the task sees from an azimuth, `tilt` degrees higher than asked: its picture, RGB."""
    voxels = tuple(Voxel(cube.position, cube.color) for cube in details.voxels)
    return np.asarray(_scene(voxels, details.elevation, tilt).draw(azimuth))


@lru_cache(maxsize=SCENES_KEPT)
def _scene(voxels: tuple[Voxel, ...], elevation: float, tilt: float) -> TiltedScene:
    return TiltedScene(voxels, elevation, tilt)
