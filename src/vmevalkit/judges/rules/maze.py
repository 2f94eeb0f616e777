"""Mazes: the disc goes to the red square, through the corridors, and nothing else changes."""

from __future__ import annotations

import math

import numpy as np
from PIL import ImageColor

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.lost_picture import require_shown_at_end
from vmevalkit.judges.rules.base import Verifier, read_details, unfit
from vmevalkit.judges.rules.maze_corridors import Corridors, name
from vmevalkit.judges.rules.maze_details import MazeDetails
from vmevalkit.judges.rules.maze_disc import check_disc
from vmevalkit.judges.rules.maze_scene import MazeScene, check_scene
from vmevalkit.judges.rules.maze_track import DiscFinder
from vmevalkit.judges.rules.maze_walk import Sighting, Walk
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Check

MOST_MISSING = 2
"""Frames at the end in which the disc may go unseen."""


def verify(footage: Footage, metadata: JsonObject) -> Finding:
    """What the video shows of the way of the disc.

    Raises UnscorableError when the metadata or the end of the video cannot be read.
    """
    details = read_details(MazeDetails, metadata)
    corridors = Corridors(details)
    _require_readable(footage, details, corridors)
    height, width = footage.reference.shape[:2]
    finder = DiscFinder(details, height, width)
    looks = list(finder.follow(footage.frames, corridors.center(details.start)))
    sightings = [
        Sighting(number, seconds, look.disc.place)
        for number, seconds, look in zip(footage.numbers, footage.seconds, looks, strict=True)
        if look.disc is not None
    ]
    if not sightings:
        raise UnscorableError(
            "The disc is not to be seen in any frame", expected="the disc of the first frame", at_fault="video"
        )
    color = np.array(ImageColor.getrgb(details.colors.marker), np.float64)
    walk = Walk(details, corridors, sightings)
    checks = (
        _check_goal(walk, details, footage),
        _check_path(walk, details, corridors),
        _check_walls(walk, corridors),
        check_disc(footage, looks, color),
        check_scene(footage, looks, MazeScene(details, corridors), color),
    )
    return Finding(walk.progress(), checks)


VERIFIER = Verifier(version=1, verify=verify)


def _require_readable(footage: Footage, details: MazeDetails, corridors: Corridors) -> None:
    (height, width), (left, top, right, bottom) = footage.reference.shape[:2], details.geometry.maze_box
    if min(left, top) < 0 or right > width or bottom > height:
        raise unfit(
            f"The task's first frame has {width} × {height} pixels, and the maze lies outside of it",
            "the first frame that the metadata was written for",
        )
    if not math.isfinite(corridors.steps(details.start, details.goal)):
        raise unfit(
            "In the task's question_metadata.json no way leads from the start to the goal",
            "openings that join them",
        )
    require_shown_at_end(footage, "maze", "where the disc ends")


def _check_goal(walk: Walk, details: MazeDetails, footage: Footage) -> Check:
    end, last_frame = walk.sightings[-1], footage.numbers[-1]
    arrival = next((sighting for sighting in walk.sightings if walk.is_on_goal(sighting)), None)
    if footage.numbers.index(end.number) < len(footage) - 1 - MOST_MISSING:
        reason = f"The disc is not to be seen after frame {end.number}, up to the last frame ({last_frame})"
        return Check(name="goal", passed=False, reason=reason, frames=(end.number, last_frame))
    if not walk.is_on_goal(end):
        where = f"in the last frame ({end.number}) it is at {name(walk.cell(end))}"
        goal = f"the red square at {name(details.goal)}"
        reached = f"reaches {goal} in frame {arrival.number}" if arrival else f"does not reach {goal}"
        reason = f"The disc {reached}, but {where}" if arrival else f"The disc {reached}: {where}"
        return Check(name="goal", passed=False, reason=reason, frames=(end.number,))
    start = arrival or end
    for sighting in walk.sightings:
        if sighting.number > start.number and walk.cell(sighting) != details.goal:
            reason = (
                f"The disc reaches the red square in frame {start.number}, but does not stay: "
                f"in frame {sighting.number} it is at {name(walk.cell(sighting))}"
            )
            return Check(name="goal", passed=False, reason=reason, frames=(start.number, sighting.number))
    reason = (
        f"The disc comes to rest on the red square: it is there from frame {start.number} to the last ({end.number})"
    )
    return Check(name="goal", passed=True, reason=reason, frames=(start.number, end.number))


def _check_path(walk: Walk, details: MazeDetails, corridors: Corridors) -> Check:
    first = walk.sightings[0]
    if math.dist(first.place, corridors.center(details.start)) > details.geometry.cell_size / 2:
        reason = f"In frame {first.number} the disc is at {name(walk.cell(first))}, not at {name(details.start)}"
        return Check(name="path", passed=False, reason=reason, frames=(first.number,))
    leaps = walk.leaps
    if not leaps:
        reason = "The disc moves from cell to cell without a leap"
        return Check(name="path", passed=True, reason=reason)
    before, after, cells = leaps[0]
    through = f"{cells:.0f} cells through the corridors" if math.isfinite(cells) else "where no corridor leads"
    reason = (
        f"From frame {before.number} to frame {after.number} the disc gets from {name(walk.cell(before))} to "
        f"{name(walk.cell(after))}, {through}, which is no movement but a leap"
    )
    return Check(name="path", passed=False, reason=reason, frames=(before.number, after.number))


def _check_walls(walk: Walk, corridors: Corridors) -> Check:
    crossings = walk.crossings
    if not crossings:
        return Check(name="walls", passed=True, reason="The disc is over no wall in any frame")
    # Where it is nearest to the wall it came upon first.
    wall = corridors.name_wall(crossings[0].near)
    same = [crossing for crossing in crossings if corridors.name_wall(crossing.near) == wall]
    worst = min(same, key=lambda crossing: crossing.near.distance).sighting.number
    others = {corridors.name_wall(crossing.near) for crossing in crossings} - {wall}
    more = f", and {len(others)} more" if others else ""
    return Check(name="walls", passed=False, reason=f"Frame {worst}: the disc crosses {wall}{more}", frames=(worst,))
