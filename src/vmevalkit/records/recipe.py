"""Recipes: everything needed to install an open model and to run it."""

from __future__ import annotations

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.records.base import JsonObject, Moment, Record
from vmevalkit.records.environment import SourceTree
from vmevalkit.records.weights import Origin, WeightSource


class FrameRule(Record):
    """Which numbers of frames a model makes: `first` + a multiple of `step`, within limits."""

    step: int = Field(default=1, ge=1)
    """Distance of one allowed number to the next."""
    first: int = Field(default=1, ge=1)
    """Number that the multiples are added to."""
    least: int = Field(default=1, ge=1)
    """Fewest frames."""
    most: int = Field(ge=1)
    """Most frames."""
    default: int = Field(ge=1)
    """Number when the caller names none."""

    def allows(self, frames: int) -> bool:
        """Whether the model makes exactly so many."""
        return self.least <= frames <= self.most and (frames - self.first) % self.step == 0

    def nearest(self, frames: float) -> int:
        """The allowed number closest to `frames`, the larger one where two are as close."""
        steps = (frames - self.first) / self.step
        near = (self.first + self.step * whole for whole in range(int(steps) - 1, int(steps) + 3))
        inside = [number for number in near if self.allows(number)]
        if not inside:
            return self.least if frames < self.least else self._last
        return min(inside, key=lambda number: (abs(number - frames), -number))

    @property
    def _last(self) -> int:
        return self.first + (self.most - self.first) // self.step * self.step

    def in_words(self) -> str:
        """The rule for people, such as `5, 9, 13 … 81 frames`."""
        if self.least == self.most:
            return f"{self.least} frames"
        start = self.nearest(self.least)
        if self.step == 1:
            return f"{start} to {self.most} frames"
        return f"{start}, {start + self.step}, {start + 2 * self.step} … {self._last} frames"

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Self:
        if not self.allows(self.default):
            raise ValueError(f"the default of {self.default} frames does not follow the rule: {self.in_words()}")
        return self


class SizeRule(Record):
    """Which sizes a model makes."""

    native: tuple[str, ...] = Field(min_length=1)
    """`WIDTHxHEIGHT` it was trained for; the one closest in shape to the first frame is taken."""
    multiple_of: int | None = None
    """What both sides must divide by, where other sizes than the native ones are possible."""
    least_side: int = 16
    """Shortest side, in pixels."""
    most_side: int = 4096
    """Longest side, in pixels."""
    most_pixels: int | None = None
    """Largest area, in pixels."""

    def in_words(self) -> str:
        """The rule for people, such as `64x64, 96x64, or multiples of 16 from 32 to 128`."""
        native = ", ".join(self.native)
        if self.multiple_of is None:
            return native if len(self.native) == 1 else f"one of {native}"
        area = "" if self.most_pixels is None else f", at most {self.most_pixels} pixels in all"
        return f"{native}, or multiples of {self.multiple_of} from {self.least_side} to {self.most_side}{area}"


class KnownFailure(Record):
    """Something that is known to go wrong."""

    symptom: str
    """What one sees."""
    remedy: str
    """What to do about it."""
    source: str | None = None
    """Where it was reported."""


class TimeLimits(Record):
    """How long a worker may take, in seconds."""

    start: float = Field(default=300.0, gt=0)
    """Until it says hello: an interpreter on a cold disk that imports large packages."""
    load: float = Field(default=3600.0, gt=0)
    """To load the weights."""
    generate: float = Field(default=7200.0, gt=0)
    """To make one video."""


class Recipe(Record):
    """How an open model is installed and run."""

    environment: str
    """Name of its environment."""
    worker: str
    """Which part of the worker runs it, such as `svd`; the path of a Python file for one of your own."""
    pipeline: str | None = None
    """Class that loads the weights, whatever the hub names."""
    weights: dict[str, WeightSource]
    """Weights by the part they play; `model` is always there."""
    source: SourceTree | None = None
    """The vendor's code, where no package holds it."""
    frames: FrameRule
    """Which numbers of frames it makes."""
    sizes: SizeRule
    """Which sizes it makes."""
    fps: float = Field(gt=0)
    """Frames per second of its videos."""
    options: JsonObject = Field(default_factory=dict)
    """Fixed settings for its part of the worker."""
    vram_gigabytes: float | None = None
    """GPU memory it needs with all parts loaded, in units of 10^9 bytes; None where nobody knows."""
    vram_offloaded_gigabytes: float | None = None
    """GPU memory it needs when its parts take turns; None where nobody knows, or they cannot."""
    gpus: int = Field(default=1, ge=0)
    """GPUs it needs at least; 0 for one that is made to run on a CPU."""
    spreads: bool = False
    """Whether one worker takes all GPUs it is given, rather than one."""
    final_frame_required: bool = False
    """Whether it makes a video between two pictures, and so needs the final one."""
    cuda_only: bool = False
    """Whether its code cannot run on a CPU at all."""
    limits: TimeLimits = TimeLimits()
    """How long its worker may take."""
    failures: tuple[KnownFailure, ...] = ()
    """What is known to go wrong."""
    unverified: tuple[str, ...] = ()
    """What of all this nobody could check yet."""

    @property
    def untrained(self) -> bool:
        """Whether any of its weights are random, so that its videos mean nothing."""
        return any(source.untrained is not None for source in self.weights.values())

    @property
    def weight_gigabytes(self) -> float:
        """About how much disk its weights take, in units of 10^9 bytes."""
        return sum(source.gigabytes for source in self.weights.values())

    @model_validator(mode="after")
    def _has_model_weights(self) -> Self:
        if "model" not in self.weights:
            raise ValueError("weights: `model` is missing")
        return self


class UsedWeights(Record):
    """A set of weights that a run was made with."""

    repository: str
    """`owner/name`."""
    revision: str | None
    """The commit; None where the files come from a folder without one, or were made here."""
    origin: Origin
    """How they got here."""
    manifest_sha256: str
    """Hash of the manifest, which holds the hash of every file."""


class Installation(Record):
    """What a run of an open model was made with."""

    environment: str
    """Name of the environment."""
    lock_sha256: str
    """Hash of the list of packages it was made from, or was to agree with."""
    installed_by: str
    """`uv` or `venv`, or `adopted` for one that somebody else made, which may differ from the list."""
    python_version: str
    """Version of its Python."""
    packages: dict[str, str]
    """Versions that matter, by distribution, as the worker found them."""
    packages_sha256: str
    """Hash of the versions of all distributions."""
    weights: dict[str, UsedWeights]
    """Weights by the part they play."""
    untrained: bool
    """Whether any of them are random, so that the video means nothing."""
    source_commit: str | None = None
    """Commit of the vendor's code."""
    device: str
    """`cpu`, or the name of the GPU."""
    started_at: Moment
    """When the worker was started, which serves all runs of a sweep."""
    load_seconds: float | None = None
    """How long loading the weights took, once for all of these runs; None where it did not come to its end."""
