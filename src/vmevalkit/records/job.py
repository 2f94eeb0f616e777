"""Jobs: what a provider was asked to make, from before it is asked until nothing more can come of it."""

from __future__ import annotations

import uuid
from typing import Literal

from pydantic import Field

from vmevalkit.records.base import JsonObject, Moment, Record
from vmevalkit.records.generation import Cost, InputTransform

JobState = Literal["queued", "running", "succeeded", "failed", "refused", "cancelled"]
"""How a job stands, whatever the provider's own words are. The last four are ends."""

JobPhase = Literal["submitting", "submitted", "settled"]
"""How far a job came here. `submitting`: the request may or may not have reached the provider. `settled`: its video is
here and whole, or there will be none."""


class Job(Record):
    """A job at a provider: what was asked for, and all that is needed to find it again. Holds no secret."""

    provider: str
    """Name of the service."""
    model: str
    """The provider's own model id."""
    intent: str = Field(default_factory=lambda: uuid.uuid4().hex)
    """Our own id for it, made before it is submitted."""
    id: str | None = None
    """The provider's id; None until the provider told it."""
    details: JsonObject = Field(default_factory=dict)
    """What else the provider needs to find it again."""
    sent: JsonObject = Field(default_factory=dict)
    """The parameters of the request in the provider's words, without picture and prompt."""
    transforms: tuple[InputTransform, ...] = ()
    """What was changed to make the inputs fit."""
    endpoint: str | None = None
    """The address it was submitted to; None where no provider was asked yet."""
    forecast: Cost | None = None
    """What it is expected to cost; None where nobody knows."""


class JobEntry(Record):
    """A job of a run, as the run's journal tells it."""

    folder: str
    """The run's folder, relative to the output root."""
    run_id: str
    """Name of the run."""
    identity: str | None
    """Hash of all that changes the run's output."""
    model: str
    """Catalog key of the model."""
    task_id: str | None
    """The task's id."""
    job: Job
    """The job."""
    phase: JobPhase
    """How far it came."""
    state: JobState | None = None
    """How the provider said it ended; None as long as it has not."""
    since: Moment
    """When it came that far."""
    cost: Cost | None = None
    """What it costs: as told by the provider, else the forecast; None where nobody knows."""
