"""What is said between a worker and the process that started it: one JSON object a line, each way.

The worker begins with `hello`. Then it answers each `load`, `generate` or `shutdown` in turn; while it generates, it
also tells of its `progress`. Paths are passed, never pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PROTOCOL = 1
"""Version of these messages; worker and starter come from the same files, so they agree, unless one is a stand-in."""


@dataclass(frozen=True)
class LoadOrder:
    """What to load, and where to put it."""

    weights: dict[str, str]
    """Folders by the part they play; `model` is always there."""
    device: str
    """`cuda` or `cpu`."""
    gpus: int = 0
    """How many GPUs are visible to the worker."""
    pipeline: str | None = None
    """Class that loads the weights, whatever they name."""
    source: str | None = None
    """Folder of the vendor's code."""
    offload: str = "none"
    """`none` keeps everything on the device, `model` lets the parts take turns, `sequential` their layers."""
    options: dict[str, Any] = field(default_factory=dict)
    """Fixed settings of the recipe."""


@dataclass(frozen=True)
class VideoRequest:
    """What to make."""

    image_path: str
    """The first frame, a PNG of exactly the size of the video."""
    prompt: str
    """What should happen."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    frames: int
    """How many."""
    fps: float
    """Frames per second; some models are told."""
    seed: int
    """For the noise that the video begins from."""
    output_path: str
    """Where to put the frames, as `.npy`: frames × height × width × 3, uint8."""
    final_image_path: str | None = None
    """The final frame, of the same size, for models that are shown it."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """The model's further parameters."""


@dataclass(frozen=True)
class Made:
    """What came of a request."""

    frames: int
    """How many there are."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    seconds: float
    """Time it took."""
    peak_memory_bytes: int | None = None
    """Most memory that was in use on the GPU, or in the process where there is none; None where nobody counted."""
    effective: dict[str, Any] = field(default_factory=dict)
    """Settings as they were used."""


class RefusalError(Exception):
    """A request that the model does not take, found out only with the model at hand."""

    def __init__(self, given: str, expected: str, field: str) -> None:
        super().__init__(given)
        self.given, self.expected, self.field = given, expected, field
