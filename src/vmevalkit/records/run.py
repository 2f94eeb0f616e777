"""The record of a run: what `metadata.json` holds."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from vmevalkit.records.base import InsidePath, JsonObject, Moment, Record
from vmevalkit.records.generation import Attempt, Cost, InputTransform, RunStatus
from vmevalkit.records.recipe import Installation
from vmevalkit.records.video import VideoInfo

RUN_SCHEMA_VERSION = 1


class Inference(Record):
    """The block `inference`."""

    run_id: str
    """Name of the run's folder."""
    model: str
    """Catalog key of the model."""
    timestamp: Moment
    """When the run started."""
    status: RunStatus
    """How it ended."""
    duration_seconds: float | None = None
    """Time the generation took."""
    error: str | None = None
    """What went wrong; None on success."""


class RunInput(Record):
    """The block `input`."""

    prompt: str
    """The prompt as sent."""
    image_path: InsidePath
    """The first frame as sent; relative to the run's folder."""
    question_id: str | None = None
    """The task's id."""
    task_category: str | None = None
    """The task's domain."""


class RunOutput(Record):
    """The block `output`."""

    video_path: InsidePath | None = None
    """The video; relative to the run's folder."""
    video_url: str | None = None
    """Where the provider keeps it, without its signature."""
    generation_id: str | None = None
    """The provider's id for the job, or one made here."""
    video_bytes: int | None = None
    """Size of the video file."""
    video_sha256: str | None = None
    """Hash of the video file."""
    video: VideoInfo | None = None
    """What the file holds."""
    metadata: JsonObject = Field(default_factory=dict)
    """What the wrapper had to say beside the result."""


class RunPaths(Record):
    """The block `paths`; relative to the run's folder, so that a tree can be moved."""

    inference_dir: InsidePath = "."
    """The run's folder."""
    video_dir: InsidePath = "video"
    """Where the video is."""
    question_dir: InsidePath = "question"
    """Copy of the task as it was run."""


class Provenance(Record):
    """Everything needed to say how the video came to be."""

    package_version: str
    """Version of vmevalkit."""
    catalog_entry_sha256: str
    """Hash of the model's catalog entry."""
    model_id: str
    """The provider's own model id."""
    parameters_passed: JsonObject = Field(default_factory=dict)
    """Parameters as the caller gave them."""
    parameters_sent: JsonObject = Field(default_factory=dict)
    """Parameters as the wrapper got them, defaults filled in."""
    seed: int | None = None
    """Seed of the generation, where one was asked for."""
    sample: int = Field(default=0, ge=0)
    """Which repeat of the same request this is, from 0."""
    input_transforms: tuple[InputTransform, ...] = ()
    """Changes made to the inputs, in order."""
    first_frame_sha256: str
    """Hash of the first frame file as the task holds it."""
    installation: Installation | None = None
    """Packages, weights and device that an open model ran with; None for all others."""


class Run(Record):
    """One generation of one task by one model."""

    model_config = ConfigDict(extra="allow")  # subclasses of the runner may add blocks of their own

    schema_version: int = RUN_SCHEMA_VERSION
    """Version of this layout; older files are migrated when read."""
    inference: Inference
    """What was run and how it ended."""
    input: RunInput
    """What went in."""
    output: RunOutput
    """What came out."""
    paths: RunPaths = RunPaths()
    """Where things are."""
    question_data: JsonObject | None = None
    """The task's own metadata."""
    identity: str | None = None
    """Hash of all that changes the output; None for runs made by other tools."""
    provenance: Provenance | None = None
    """How it came to be; None for runs made by other tools."""
    attempts: tuple[Attempt, ...] = ()
    """Every try, in order."""
    cost: Cost | None = None
    """What it cost; None where unknown."""

    @property
    def untrained(self) -> bool:
        """Whether the model's weights were random, so that the video means nothing."""
        installation = self.provenance.installation if self.provenance is not None else None
        return installation is not None and installation.untrained


class RunEntry(Record):
    """The heading of a run: what listings and resuming need, without the rest of the record."""

    folder: str
    """The run's folder, relative to the output root, with forward slashes."""
    run_id: str
    """Name of the run."""
    model: str
    """Catalog key of the model."""
    domain: str | None
    """The task's domain; None where the record does not say."""
    task_id: str | None
    """The task's id; None where the record does not say."""
    identity: str | None
    """Hash of all that changes the output; None for runs made by other tools."""
    status: RunStatus
    """How the run ended."""
    timestamp: Moment
    """When it started."""
    duration_seconds: float | None
    """Time the generation took."""
    error: str | None
    """What went wrong; None on success."""
    video_path: str | None
    """The video, relative to the run's folder."""
    video_bytes: int | None
    """Size of the video file when it was recorded."""
    video_sha256: str | None
    """Hash of the video file when it was recorded."""

    @property
    def domain_name(self) -> str:
        """The task's domain; `unknown` where the record does not say."""
        return self.domain or "unknown"

    @classmethod
    def of(cls, run: Run, folder: str) -> RunEntry:
        """The heading of `run`, whose folder is `folder`."""
        inference, output = run.inference, run.output
        return cls(
            folder=folder,
            run_id=inference.run_id,
            model=inference.model,
            domain=run.input.task_category,
            task_id=run.input.question_id,
            identity=run.identity,
            status=inference.status,
            timestamp=inference.timestamp,
            duration_seconds=inference.duration_seconds,
            error=inference.error,
            video_path=output.video_path,
            video_bytes=output.video_bytes,
            video_sha256=output.video_sha256,
        )


class RunProblem(Record):
    """Something in the output tree that is not a whole run."""

    folder: str
    """The folder, relative to the output root."""
    kind: Literal["interrupted", "in_progress", "unreadable", "missing_video", "changed_video", "unverified"]
    """What is wrong. `unverified`: made by another tool, without a hash to check against."""
    message: str
    """What was found and what to do about it."""
