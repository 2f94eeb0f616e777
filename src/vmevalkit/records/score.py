"""Scores: one value of one metric for one run, pair or set, and everything that makes it comparable or not."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.records.base import JsonObject, Moment, Record
from vmevalkit.records.evaluation import EVALUATION_SCHEMA_VERSION, FrameBasis, Subject

Category = Literal["no_reference", "full_reference"]
"""What a metric compares a video with: nothing but the task's own pictures, or a reference video."""
Direction = Literal["higher_is_better", "lower_is_better", "neither"]


class ComparabilityKey(Record):
    """What must be equal for two values to stand in one column."""

    metric: str
    """Name of the metric, such as `ssim`."""
    implementation: str
    """What computed it and in which version, such as `vmevalkit 1`."""
    backbone: str | None = None
    """The network, for metrics that have one."""
    weights_sha256: str | None = None
    """Hash of its weights."""
    resize: str = "none"
    """What is done to frames of another size than needed."""
    frames: str = "all"
    """Which frames are used."""
    fps: str = "native"
    """At which rate they are used."""
    decoder: str = "pyav"
    """What decoded them."""


class Interval(Record):
    """Where a value probably lies."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""
    level: float = 0.95
    """Confidence level."""
    method: str
    """How it was computed, such as `wilson`."""


class Score(Record):
    """One value of one metric."""

    key: ComparabilityKey
    """What it may be compared with."""
    value: float | None = Field(default=None, allow_inf_nan=False)
    """The value; None where there is none, and then `reason` says why."""
    unit: str
    """Unit of the value, such as `dB`; empty for a plain number."""
    direction: Direction
    """Which way is better."""
    scope: Literal["run", "pair", "set"]
    """What it is a value of: a video by itself, a video and its reference, or a set of videos."""
    n: int
    """How many things it is a mean of, such as frames or pairs of frames."""
    interval: Interval | None = None
    """Where the true value probably lies, for values of samples."""
    untrained_weights: bool = False
    """True when the network's weights were made up: the value means nothing."""
    reason: str | None = None
    """Why there is no value."""
    details: JsonObject = Field(default_factory=dict)
    """What else is worth knowing, such as frame counts or a change of size."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if (self.value is None) != (self.reason is not None):
            raise ValueError("expected a reason exactly when there is no value")
        return self


class ScoreRecord(Record):
    """The scores of one category of one run: `evaluations/{category}/{run folder}.json`."""

    schema_version: int = EVALUATION_SCHEMA_VERSION
    """Version of this layout."""
    subject: Subject
    """The run."""
    category: Category
    """What the metrics compare with."""
    scores: tuple[Score, ...]
    """One for each metric."""
    basis: FrameBasis | None
    """The frames they rest on; None where none could be read."""
    scored_at: Moment
    """When."""
    package_version: str
    """Version of vmevalkit."""
