"""Task pairs: the problems that models are asked to solve in a video."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vmevalkit.records.base import Record

Difficulty = Literal["easy", "medium", "hard"]


class TaskPair(Record):
    """One problem: a first frame and a prompt, with its solution where the task has one."""

    id: str
    """Name of the task's folder, such as `maze_0003`; unique within its domain."""
    domain: str
    """Family of tasks, such as `maze`."""
    prompt: str
    """What the model is asked to do."""
    first_frame: Path
    """The image the video starts from (PNG, JPEG, WebP, BMP or SVG)."""
    final_frame: Path | None = None
    """The solved state, where known. Shown only to models that take a final frame."""
    ground_truth: Path | None = None
    """A video of the solution being carried out, where there is one. Never shown to a model."""
    metadata: Path | None = None
    """The task's own `question_metadata.json`: difficulty, seed, solution, geometry. Read when it is needed."""


class TaskProblem(Record):
    """Why a folder of a questions tree was left out, or what is odd about it."""

    path: Path
    """The folder or file."""
    message: str
    """What was found, what was expected, and how to mend it."""
    fatal: bool = True
    """True: the task was left out. False: it can be run, but look at it."""


class QuestionSet(Record):
    """What a questions tree holds."""

    tasks: tuple[TaskPair, ...]
    """The tasks that can be run, ordered by domain and id."""
    problems: tuple[TaskProblem, ...] = ()
    """What was left out or looks odd."""
