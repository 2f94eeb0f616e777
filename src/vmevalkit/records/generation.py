"""What goes into a generation and what comes out of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from vmevalkit.errors import Retry
from vmevalkit.records.base import JsonObject, Moment, Record
from vmevalkit.records.task import TaskPair

RunStatus = Literal["success", "failed", "refused", "interrupted", "unknown"]
"""How a run ended. `unknown`: a paid submit whose answer was lost, so it may have been carried out."""


class GenerationResult(TypedDict):
    """What `ModelWrapper.generate` returns: exactly these keys."""

    success: bool
    """True when a video was made."""
    video_path: str | None
    """Where the video is; None on failure."""
    error: str | None
    """What went wrong; None on success."""
    duration_seconds: float
    """Time the generation took."""
    generation_id: str
    """The provider's id for the job, or one made here."""
    model: str
    """The model id as the wrapper was given it."""
    status: str
    """`success`, `failed`, `refused` or `unknown`."""
    metadata: dict[str, Any]
    """Anything else worth keeping; a failure keeps its `failure` record here."""


class RunResult(GenerationResult):
    """What `InferenceRunner.run` returns: a generation result and where it was recorded."""

    run_id: str
    """Name of the run's folder."""
    inference_dir: str
    """The run's folder."""
    timestamp: str
    """When the run started, ISO 8601."""


class Cost(Record):
    """What a run cost."""

    amount: float
    """US dollars."""
    source: Literal["free", "forecast", "provider"]
    """Free of charge, computed from the catalog's price, or told by the provider."""


class GenerationJob(Record):
    """One generation to be carried out: a task, a model and what the caller asked of it."""

    model: str
    """Catalog key."""
    task: TaskPair
    """The problem."""
    question_data: JsonObject | None = None
    """The task's metadata as the caller gave it; None to take it from the task's own file."""
    parameters: JsonObject = Field(default_factory=dict)
    """Parameters as the caller gave them."""
    seed: int | None = None
    """Seed for models that take one."""
    sample: int = Field(default=0, ge=0)
    """Which repeat of the same request this is, from 0."""
    identity: str
    """Hash of all that changes the output."""
    forecast: Cost | None = None
    """What it is expected to cost; None where the price is unknown."""


class Failure(Record):
    """An error as data: it survives the process it was raised in."""

    type: str
    """Name of the error class."""
    message: str
    """The error's text."""
    retry: Retry = "never"
    """Whether trying again can help."""
    retry_after: float | None = None
    """Wait asked for by the provider, in seconds."""
    request_id: str | None = None
    """The provider's id of the request, for support."""
    status: RunStatus = "failed"
    """The run status this failure leads to."""
    traceback: str | None = None
    """Where the code of an open model raised it."""


class Attempt(Record):
    """One try at a generation."""

    number: int
    """1 for the first try."""
    started_at: Moment
    """When it began."""
    ended_at: Moment
    """When it ended."""
    failure: Failure | None = None
    """None when the try succeeded."""


class InputTransform(Record):
    """One change made to an input before the model saw it."""

    target: Literal["first_frame", "final_frame", "prompt", "duration"]
    """What was changed."""
    operation: str
    """What was done, such as `convert` or `pad`."""
    before: JsonObject
    """Format, size or value before."""
    after: JsonObject
    """Format, size or value after."""
