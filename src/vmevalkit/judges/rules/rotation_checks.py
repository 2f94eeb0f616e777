"""What is to be right about a video of a rotation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.rules.base import at, scattered
from vmevalkit.judges.rules.rotation_details import RotationDetails
from vmevalkit.judges.rules.rotation_likeness import ALIKE, Likeness
from vmevalkit.judges.rules.rotation_motion import farthest_retreat, find_jump
from vmevalkit.records.verdict import Check

NEAR = 7.5
"""So close to where it was to arrive, the camera is there: half the distance of two marks on the table, in degrees."""
STAYING = 10.0
"""A camera that goes less far does not move, in degrees."""
MOST_RETREAT = 8.0
"""How far back a camera may go, in degrees."""
MOST_TILT = 7.0
"""How far from the elevation asked for a camera may be, in degrees."""
MOST_ZOOM = 1.08
"""How much larger or smaller the scene may become."""
UNRECOGNISED = 2.5
"""Where something larger is not as it should be, in sides of a cube, a view cannot be told."""
NOTICED = 0.3
"""What is larger than this, in sides of a cube, is noticed at once; what is smaller has to last."""
DOUBTFUL = 0.5
"""Where something larger is not as it should be, an azimuth is doubtful."""
FEW = 3
"""In fewer frames the dot on the table may be misread."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read from a video. Angles are in degrees."""

    details: RotationDetails
    """The task."""
    numbers: tuple[int, ...]
    """The number of each frame in the video."""
    seconds: tuple[float, ...]
    """When each is shown."""
    azimuths: NDArray[np.float64]
    """Where the camera is, not wrapped."""
    is_lost: NDArray[np.bool_]
    """Whether the frame does not show the scene at all."""
    likenesses: Sequence[Likeness]
    """How like the scene each frame is."""
    scale: float
    """Pixels of the first frame per pixel that was compared."""

    @property
    def done(self) -> NDArray[np.float64]:
        """How far the camera has gone in each frame in the direction asked for."""
        begin = self.azimuths[0] - wrapped(float(self.azimuths[0]) - self.details.azimuth_start)
        return np.asarray((self.azimuths - begin) * math.copysign(1, self.details.signed_angle))

    @property
    def shares(self) -> NDArray[np.float64]:
        """For each frame, what is not as it should be, in sides of a cube."""
        return np.array([likeness.difference.share for likeness in self.likenesses])

    @property
    def distance(self) -> float:
        """How far the camera is at the end from where it was to arrive, whichever way it went."""
        return abs(wrapped(float(self.azimuths[-1]) - self.details.azimuth_end))

    @property
    def progress(self) -> float:
        """How much of the turn is done at the end, 0 to 1."""
        if self.is_lost[-1]:
            return 0.0
        if self.distance <= NEAR:
            return 1.0
        asked, done = abs(self.details.signed_angle), float(self.done[-1])
        return max(0.0, 1 - abs(done - asked) / asked) if done > NEAR else 0.0

    def doubt(self, index: int) -> str:
        """What is to be added where an azimuth is given that may be misread."""
        return ", as far as the changed scene can be read" if self.shares[index] > DOUBTFUL else ""

    def frames(self, indexes: Sequence[int] | NDArray[np.intp]) -> tuple[int, ...]:
        """The numbers of these frames."""
        return tuple(self.numbers[index] for index in indexes)


def wrapped(angle: float) -> float:
    """The same angle from -180 to 180."""
    return (angle + 180) % 360 - 180


def all_checks(reading: Reading) -> tuple[Check, ...]:
    """All checks, the solution first."""
    return tuple(check(reading) for check in (final_view, direction, motion, camera, scene))


def final_view(reading: Reading) -> Check:
    """Whether the camera is at the end where it was to arrive."""
    last, name = reading.numbers[-1:], "final view"
    if reading.is_lost[-1]:
        return Check(name=name, passed=False, frames=last, reason=f"{at(last)}: the sculpture on its table is not seen")
    if reading.shares[-1] > UNRECOGNISED:
        reason = f"{at(last)}: what is seen looks like the sculpture from no side"
        return Check(name=name, passed=False, frames=last, reason=reason)
    place, wanted = f"{reading.azimuths[-1] % 360:.0f}°", f"{reading.details.azimuth_end:.0f}°"
    if reading.distance <= NEAR:
        reason = f"{at(last)}: the camera is at {place} azimuth, and was to arrive at {wanted}"
        return Check(name=name, passed=True, frames=last, reason=reason)
    reason = f"{at(last)}: the camera is at {place} azimuth, {reading.distance:.0f}° from {wanted}{reading.doubt(-1)}"
    off = np.abs((reading.azimuths - reading.details.azimuth_end + 180) % 360 - 180)
    if len(there := np.flatnonzero((off <= NEAR) & ~reading.is_lost)):
        last = (*reading.frames(there[:1]), *last)
        reason += f", where it was in frame {last[0]}"
    return Check(name=name, passed=False, frames=last, reason=reason)


def direction(reading: Reading) -> Check:
    """Whether the camera went the way round that was asked for."""
    done, asked, name = reading.done, abs(reading.details.signed_angle), "direction"
    forth, back = float(done.max()), float(-done.min())
    way, other_way = ("counter-clockwise", "clockwise")[:: 1 if reading.details.signed_angle > 0 else -1]
    span = (reading.numbers[0], reading.numbers[-1])
    if max(forth, back) < STAYING:
        return Check(name=name, passed=False, frames=span, reason=f"{at(span)}: the camera stays where it is")
    if back > forth:
        far = reading.frames([int(done.argmin())])
        reason = (
            f"{at(far)}: the camera has gone {back:.0f}° {other_way}, and was to go {asked:.0f}° {way}"
            f"{reading.doubt(int(done.argmin()))}"
        )
        return Check(name=name, passed=False, frames=far, reason=reason)
    reason = f"{at(span)}: the camera goes {done[-1]:.0f}° {way}, and was to go {asked:.0f}°"
    passed = reading.distance > NEAR or abs(done[-1] - asked) < 180
    return Check(name=name, passed=bool(passed), frames=span, reason=reason)


def motion(reading: Reading) -> Check:
    """Whether the camera went there in one smooth motion."""
    name, done = "motion", reading.done
    if (jump := find_jump(done, reading.seconds)) is not None:
        frames = reading.frames([jump.frame - 1, jump.frame])
        reason = (
            f"{at(frames)}: the view jumps by {abs(jump.angle):.0f}°, much faster than it moves before and after"
            f"{reading.doubt(jump.frame)}"
        )
        return Check(name=name, passed=False, frames=frames, reason=reason)
    retreat = farthest_retreat(done if -done.min() <= done.max() else -done)
    if retreat.angle > MOST_RETREAT:
        frames = reading.frames([retreat.start, retreat.frame])
        reason = f"{at(frames)}: the camera goes back by {retreat.angle:.0f}°{reading.doubt(retreat.frame)}"
        return Check(name=name, passed=False, frames=frames, reason=reason)
    span = (reading.numbers[0], reading.numbers[-1])
    return Check(name=name, passed=True, reason=f"{at(span)}: the camera neither jumps nor turns back")


def camera(reading: Reading) -> Check:
    """Whether the camera kept its height and its distance."""
    name = "camera"
    drifts = [likeness.drift for likeness in reading.likenesses]
    steepest = max(range(len(drifts)), key=lambda index: abs(drifts[index].tilt))
    if abs(tilt := drifts[steepest].tilt) > MOST_TILT:
        frames, wanted = reading.frames([steepest]), reading.details.elevation
        reason = f"{at(frames)}: the camera looks down at about {wanted + tilt:.0f}°, not at {wanted:.0f}°"
        return Check(name=name, passed=False, frames=frames, reason=reason)
    largest = max(range(len(drifts)), key=lambda index: abs(math.log(drifts[index].zoom)))
    zoom = drifts[largest].zoom
    if abs(math.log(zoom)) > math.log(MOST_ZOOM):
        frames = reading.frames([largest])
        reason = f"{at(frames)}: the table has {zoom:.0%} of its size"
        return Check(name=name, passed=False, frames=frames, reason=reason)
    span = (reading.numbers[0], reading.numbers[-1])
    return Check(name=name, passed=True, reason=f"{at(span)}: the camera keeps its elevation and its distance")


def scene(reading: Reading) -> Check:
    """Whether the sculpture, the table and the light stayed as they were."""
    name, shares = "scene", reading.shares
    if reading.is_lost.any():
        frames = reading.frames(np.flatnonzero(reading.is_lost))
        return Check(name=name, passed=False, frames=frames, reason=f"{scattered(frames)}: the scene is not seen")
    unlike = np.flatnonzero(shares > ALIKE)
    if len(unlike) >= 2 or shares.max() > NOTICED:
        return _changed_scene(reading, unlike)
    misplaced = np.flatnonzero([likeness.is_mark_misplaced for likeness in reading.likenesses])
    if len(misplaced) >= FEW:
        frames = reading.frames(misplaced)
        where = "is not where it should be, seen from where the sculpture is"
        reason = f"{scattered(frames)}: the dot on the table's rim {where}"
        return Check(name=name, passed=False, frames=frames, reason=reason)
    span = (reading.numbers[0], reading.numbers[-1])
    reason = f"{at(span)}: the sculpture, the table and the light look as they should from where the camera is"
    return Check(name=name, passed=True, reason=reason)


def _changed_scene(reading: Reading, unlike: NDArray[np.intp]) -> Check:
    frames, worst = reading.frames(unlike), int(reading.shares.argmax())
    x, y = (value * reading.scale for value in reading.likenesses[worst].difference.center)
    reason = (
        f"{scattered(frames)}: something does not look as it should from where the camera is, most in "
        f"{at(reading.frames([worst]))} around x={x:.0f} y={y:.0f}, where it is as large as "
        f"{reading.shares[worst]:.2f} sides of a cube"
    )
    return Check(name="scene", passed=False, frames=frames, reason=reason)
