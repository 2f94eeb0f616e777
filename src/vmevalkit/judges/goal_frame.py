"""The goal-frame judge: whether a video ends on the task's final frame, whatever the task is about.

It cannot tell how the video got there, nor a detail that is wrong but looks alike, so its verdicts are weaker evidence
than those of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.base import Judgement
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.hearing import hear, unscored
from vmevalkit.media.images import open_image
from vmevalkit.records.verdict import Check, Exhibit, JudgeIdentity
from vmevalkit.vision.registration import Pixels
from vmevalkit.vision.similarity import ssim

VERSION = 1

LEAST_PROGRESS = 0.65
"""How far the colors of the changed parts must have come from the first to the final frame, 0 to 1."""
LEAST_LIKENESS = 0.5
"""SSIM of the changed parts with the final frame; noise on plain areas alone can halve it."""
LEAST_FIDELITY = 0.9
"""Correlation of the video's first frame with the task's."""
LEAST_MOTION = 10.0
"""Mean difference of a small block from the first frame, in levels of 255, above which something happened there."""
LEAST_CHANGE = 24.0
"""The same, above which a block that should stay as it is does not."""
MOST_ALTERED = 0.02
"""Share of such blocks, 0 to 1."""
LEAST_PROGRESS_SEEN = 0.2
"""Progress below this is what compression and noise make by themselves."""

_CHANGED = 20
_SOFTENING = 1.5
_EDGE = 33
"""One part in so many along each edge is left out, for a shift or a crop may have cut it off."""
_BLOCK = 12
"""Width and height of a block in which something may happen, in pixels."""
_MARGIN = 6
"""Pixels around a changed part that are compared with it."""


@dataclass(frozen=True, eq=False)
class Goal:
    """The final frame, and where it differs from the first."""

    picture: Pixels
    """Height × width × 3, softened, of the first frame's size."""
    start: Pixels
    """The first frame, softened."""
    changed: NDArray[np.bool_]
    """Height × width: where they differ."""
    parts: tuple[tuple[slice, slice], ...]
    """Boxes around the places where they differ, with some margin."""


class GoalFrameJudge:
    """Compares the end of a video with the task's final frame."""

    name = "goal_frame"

    def identity(self, domain: str) -> JudgeIdentity | None:  # noqa: ARG002 (the same whatever the domain)
        """Who judges: this judge has something to say about every domain."""
        return JudgeIdentity(name=self.name, kind="pictures", implementation=f"goal_frame {VERSION}", evidence="weak")

    def judge(self, exhibit: Exhibit) -> Judgement:
        """The verdict on a run, or why there is none."""
        final_frame = exhibit.final_frame
        if final_frame is None:
            return Judgement(unscored(_no_goal("The task has no final_frame.png"), "task"), None)
        return hear(exhibit, lambda footage: compare(footage, read_goal(final_frame, footage.reference)).verdict())


def read_goal(path: Path, first_frame: Pixels) -> Goal:
    """The goal; raises UnscorableError where it does not differ from the first frame, and like `open_image`."""
    height, width = first_frame.shape[:2]
    image = np.asarray(open_image(path))
    scaled = (
        cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA) if image.shape != first_frame.shape else image
    )
    picture, start = _softened(np.asarray(scaled, np.uint8)), _softened(first_frame)
    changed = cv2.absdiff(picture, start).max(axis=2) > _CHANGED
    grown = cv2.dilate(changed.astype(np.uint8), np.ones((7, 7), np.uint8))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(grown)
    if count < 2:
        raise _no_goal("The task's final_frame.png shows the same as its first frame")
    return Goal(picture, start, grown > 0, tuple(_part(box[:4].tolist(), width, height) for box in boxes[1:]))


def compare(footage: Footage, goal: Goal) -> Finding:
    """How near the end of the footage is to the goal."""
    end = _softened(footage.frames[-1])
    progress, likeness = _progress(end, goal), _likeness(end, goal)
    altered = _altered_share(end, goal)
    fidelity = footage.registration.correlation
    motion = max(_largest_change(footage.frames[0], frame) for frame in footage.frames[1:])
    last = footage.numbers[-1]
    checks = (
        Check(
            name="goal",
            passed=progress >= LEAST_PROGRESS and likeness >= LEAST_LIKENESS,
            reason=f"at frame {last} the parts that should change have come {progress:.0%} of the way to the final "
            f"frame in color, and are {likeness:.2f} like it (SSIM)",
            frames=(last,),
        ),
        Check(
            name="surroundings",
            passed=altered <= MOST_ALTERED,
            reason=f"at frame {last}, {altered:.1%} of what should stay as it is looks different",
            frames=(last,),
        ),
        Check(
            name="first frame",
            passed=fidelity >= LEAST_FIDELITY,
            reason=f"frame 0 correlates {fidelity:.2f} with the task's first frame",
            frames=(0,),
        ),
        Check(
            name="motion",
            passed=motion >= LEAST_MOTION,
            reason=f"some part of the picture changes by up to {motion:.0f} levels of 255 from the first frame",
        ),
    )
    return Finding(progress if progress >= LEAST_PROGRESS_SEEN else 0.0, checks)


def _progress(end: Pixels, goal: Goal) -> float:
    """How much nearer the changed parts are to the goal than the first frame is, 0 to 1."""
    left = np.abs(end.astype(np.float64) - goal.picture)[goal.changed].mean()
    whole = np.abs(goal.start.astype(np.float64) - goal.picture)[goal.changed].mean()
    return float(np.clip(1 - left / whole, 0, 1))


def _likeness(end: Pixels, goal: Goal) -> float:
    """SSIM of the changed parts with the goal, large parts counting for more."""
    sizes = [goal.picture[part].size for part in goal.parts]
    values = [ssim(end[part], goal.picture[part]) for part in goal.parts]
    return float(np.average(values, weights=sizes))


def _altered_share(end: Pixels, goal: Goal) -> float:
    """The share of blocks beside the changed parts that differ clearly from the first frame, 0 to 1."""
    beside = _blocks(np.asarray(cv2.dilate(goal.changed.astype(np.float32), np.ones((15, 15), np.uint8)))) == 0
    height, width = beside.shape
    edge_rows, edge_columns = 1 + height // _EDGE, 1 + width // _EDGE
    beside[:edge_rows], beside[-edge_rows:], beside[:, :edge_columns], beside[:, -edge_columns:] = (False,) * 4
    different = _difference(end, goal.start) > LEAST_CHANGE
    return float(different[beside].mean()) if beside.any() else 0.0


def _largest_change(first: Pixels, frame: Pixels) -> float:
    """The largest mean difference of a block of the two frames, in levels of 255."""
    return float(_difference(first, frame).max())


def _difference(picture: Pixels, other: Pixels) -> NDArray[np.float32]:
    """Mean absolute difference of each block, 0 to 255."""
    return _blocks(np.asarray(cv2.absdiff(picture, other), np.float32))


def _blocks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over small blocks, and over channels where there are any."""
    size = (max(1, values.shape[1] // _BLOCK), max(1, values.shape[0] // _BLOCK))
    means = np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(means.mean(axis=2) if means.ndim == 3 else means, np.float32)


def _softened(picture: Pixels) -> Pixels:
    """The picture a little blurred, so that a fraction of a pixel does not matter."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), _SOFTENING), np.uint8)


def _part(box: Sequence[int], width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of a box given by left, top, width and height, with a margin inside the picture."""
    left, top, across, down = box
    rows = slice(max(0, top - _MARGIN), min(height, top + down + _MARGIN))
    columns = slice(max(0, left - _MARGIN), min(width, left + across + _MARGIN))
    return rows, columns


def _no_goal(fault: str) -> UnscorableError:
    return UnscorableError(
        fault,
        expected="one that shows the task solved",
        next_step="Add one to the task and generate again, or judge by rules: --judge rules",
        at_fault="task",
    )
