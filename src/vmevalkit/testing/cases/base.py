"""What a case is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from PIL import Image

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.canvas import FPS

SOLVED = "solved"
"""The kind of a case whose task is solved as asked."""


@dataclass(frozen=True)
class Case:
    """A task and a video of it whose verdict is known."""

    first_frame: Image.Image
    """The problem."""
    final_frame: Image.Image
    """The problem solved."""
    details: JsonObject
    """The `details` of the task's metadata."""
    frames: Callable[[], Iterator[Image.Image]]
    """Draws the video, at `vmevalkit.tasks.domains.canvas.FPS`."""


Maker = Callable[[Random, Difficulty], Case]
"""Makes a case of one kind; equal random states give equal cases."""

Makers = Mapping[str, Maker]
"""The makers of one domain by kind: `solved`, and each way to be wrong, such as `wall_crossed`."""


def fade(first: Image.Image, final: Image.Image, seconds: float) -> Iterator[Image.Image]:
    """The pictures between two, dissolving evenly, at `canvas.FPS`; neither end is among them."""
    count = round(seconds * FPS)
    for step in range(1, count):
        yield Image.blend(first, final, step / count)
