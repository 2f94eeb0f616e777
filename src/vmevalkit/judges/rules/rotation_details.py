"""What the judge of rotations needs of a task, and how it gets to see its scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from vmevalkit.judges.rules.base import Details
from vmevalkit.vision.registration import Pixels

LEAST_TURN = 15
"""A smaller turn cannot be told well enough from none, in degrees."""

Level = Annotated[int, Field(ge=0, le=255)]
Cell = Annotated[int, Field(ge=0, le=100)]


class Cube(Details):
    """One cube of the sculpture."""

    position: tuple[Cell, Cell, Cell]
    """Its grid cell."""
    color: tuple[Level, Level, Level]
    """Red, green and blue."""


class CameraDetails(Details):
    """The camera of the first frame."""

    distance: float = Field(gt=0)
    """From the point it looks at, in edges of a cube."""
    focal_length: float = Field(gt=0)
    """Pixels of the picture per unit of slope."""


class TableDetails(Details):
    """The table."""

    zero_mark_color: tuple[Level, Level, Level]
    """Red, green and blue of the dot on its rim, which is darker than all else."""


def _a_turn(angle: float) -> float:
    if not LEAST_TURN <= abs(angle) < 360:
        raise ValueError(f"expected a turn of at least {LEAST_TURN} and less than 360 degrees")
    return angle


class RotationDetails(Details):
    """A sculpture, and a camera that is to go around it. Angles are in degrees."""

    voxels: tuple[Cube, ...] = Field(min_length=1, max_length=1000)
    """The cubes."""
    elevation: float = Field(ge=0, le=89)
    """How steeply the camera looks down."""
    azimuth_start: float
    """Where it stands first."""
    signed_angle: Annotated[float, AfterValidator(_a_turn)]
    """How far it is to go; counter-clockwise is positive."""
    camera: CameraDetails
    """How it sees."""
    table: TableDetails
    """What the sculpture stands on."""

    @property
    def azimuth_end(self) -> float:
        """Where it is to arrive, 0 to 360."""
        return (self.azimuth_start + self.signed_angle) % 360

    @property
    def edge(self) -> float:
        """How long the edge of a cube is in the picture, in pixels."""
        return self.camera.focal_length / self.camera.distance


Renderer: TypeAlias = Callable[[RotationDetails, float, float], Pixels]
"""Draws the task's scene from an azimuth, by a camera that stands so many degrees higher than asked."""
