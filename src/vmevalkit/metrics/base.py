"""What a metric is: facts about it, and statistics that frames are added to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from typing_extensions import Self

from vmevalkit.errors import TooFewSamplesError
from vmevalkit.metrics.statistics import Mean
from vmevalkit.records.base import JsonObject
from vmevalkit.records.score import Category, Direction
from vmevalkit.vision.observation import Observation

Picture = Literal["first_frame", "final_frame", "ground_truth"]
"""What a task may bring along for a metric to compare with."""


@dataclass(frozen=True)
class Measurement:
    """What a metric says of a video."""

    value: float
    """The value."""
    n: int
    """How many frames, or pairs of frames, it is a mean of."""
    details: JsonObject = field(default_factory=dict)
    """What else is worth knowing."""


class Metric(ABC):
    """A metric of one video: `update` with its frames in order, then `compute`.

    The statistics are 64-bit sums. Those of consecutive parts of a video can be computed apart and merged in order,
    where the frames of each part still know those before them.
    """

    name: ClassVar[str]
    """What it is asked for by, and what its module is called."""
    summary: ClassVar[str]
    """One line: what it measures."""
    category: ClassVar[Category]
    """What it compares the video with."""
    unit: ClassVar[str] = ""
    """Unit of its values."""
    direction: ClassVar[Direction] = "higher_is_better"
    """Which way is better."""
    version: ClassVar[int] = 1
    """Raised whenever equal videos may get another value than before."""
    compares_with: ClassVar[tuple[Picture, ...]] = ()
    """What its value depends on beside the video."""
    resize: ClassVar[str] = "none"
    """What is done to frames of another size than needed; for full-reference metrics it depends on the pair."""
    frames: ClassVar[str] = "all"
    """Which frames are used."""
    decoder: ClassVar[str] = "pyav"
    """What decodes them."""
    backbone: ClassVar[str | None] = None
    """What is behind it, where that is not this package alone."""

    @classmethod
    def implementation(cls) -> str:
        """What computes it and in which version: values of unlike implementations are not comparable.

        Raises MissingExtraError where what it needs is not installed.
        """
        return f"vmevalkit {cls.version}"

    @abstractmethod
    def update(self, frame: Observation) -> None:
        """Add a frame; raises UnscorableError and TooFewSamplesError where this metric cannot be had of the video."""

    @abstractmethod
    def merge(self, later: Self) -> None:
        """Add the statistics of the part of the video that follows."""

    @abstractmethod
    def compute(self) -> Measurement:
        """What the frames amount to; raises TooFewSamplesError when they are too few."""

    def reset(self) -> None:
        """Forget all frames."""
        self.__dict__ = type(self)().__dict__


class MeanMetric(Metric):
    """A metric that is a mean over frames, or over pairs of them."""

    noun: ClassVar[str]
    """What it is a mean over, in the plural."""
    least_frames: ClassVar[int] = 1
    """Frames a video must have."""

    def __init__(self) -> None:
        self.mean = Mean()

    @abstractmethod
    def measure(self, frame: Observation) -> float | None:
        """The value for one frame; None where it has none."""

    def update(self, frame: Observation) -> None:
        """Add the value of a frame."""
        if (value := self.measure(frame)) is not None:
            self.mean.add(value)

    def merge(self, later: Self) -> None:
        """Add the sums of the part that follows."""
        self.mean.merge(later.mean)

    def compute(self) -> Measurement:
        """The mean, with the lowest and the highest value."""
        if not self.mean.count:
            raise too_few(self.noun, self.least_frames)
        return Measurement(self.mean.value, self.mean.count, {"lowest": self.mean.lowest, "highest": self.mean.highest})


def too_few(noun: str, least_frames: int) -> TooFewSamplesError:
    """The error for a video that has nothing to compute from."""
    frames = "1 frame" if least_frames == 1 else f"{least_frames} frames"
    return TooFewSamplesError(f"There are no {noun}", expected=f"a video of at least {frames}")
