"""What a domain's generator gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from PIL import Image

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty


@dataclass(frozen=True)
class Puzzle:
    """One problem with its solution, drawn but not yet written to disk."""

    prompt: str
    """What a model is asked to do."""
    first_frame: Image.Image
    """RGB, `canvas.SIZE` pixels square: the problem."""
    final_frame: Image.Image
    """Same size: the problem solved."""
    solution_frames: Callable[[], Iterator[Image.Image]]
    """Draws the solution being carried out, at `canvas.FPS`: from the first frame to the final frame."""
    fingerprint: str
    """Equal for two puzzles exactly when they are the same problem."""
    details: JsonObject
    """The domain's own metadata: parameters, solution, and geometry in pixels for whoever reads the video."""


Generator = Callable[[Random, Difficulty], Puzzle]
"""Makes one puzzle; equal random states give equal puzzles on every machine."""


@dataclass(frozen=True)
class Domain:
    """A family of tasks."""

    name: str
    """The word users type, such as `maze`."""
    description: str
    """One line: what solving such a task takes."""
    version: int
    """Raised whenever equal seeds give other puzzles or pictures than before."""
    generate: Generator
    """Makes one puzzle."""
