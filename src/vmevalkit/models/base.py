"""The contract of a model: a wrapper with one method, which returns a result and does not raise.

`ModelWrapper` is the face everybody sees. A `Service` does the work behind it and raises typed errors;
`ServiceWrapper` turns what a service does into the documented result.
"""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from vmevalkit.errors import InvalidResultError, VmevalkitError
from vmevalkit.records.base import to_json_value
from vmevalkit.records.generation import Cost, Failure, GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.retry import RetryPolicy, failure_of
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.layout import VIDEO_NAME

if TYPE_CHECKING:
    from vmevalkit.models.worker_pool import WorkerPool  # it needs rooms that only open models need


@dataclass(frozen=True)
class JobTerms:
    """Under which terms jobs are submitted and followed."""

    log: JobLog = field(default_factory=JobLog)
    """Where the job is written down."""
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    """How long to wait between tries of a request."""
    in_flight: int | None = None
    """Most jobs at once; None for as many as the catalog says."""
    forecast: Cost | None = None
    """What the job is expected to cost."""
    may_submit: bool = True
    """False where only a job that was submitted before may be followed."""
    workers: WorkerPool | None = None
    """Where the workers of open models come from; None for those of this process."""
    on_step: Callable[[int, int], None] | None = None
    """Told how many steps of how many are done, by models that run here; 0 of 0 while one is being loaded."""


class ModelWrapper(ABC):
    """A model that turns a first frame and a prompt into a video."""

    submits_jobs: ClassVar[bool] = False
    """Whether it writes its jobs down as the terms of `attend` say, so that they can be gone on with."""

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        """Prepare to write to `output_dir`; `model` is the provider's model id, `kwargs` the catalog's `args`."""
        self.model = model
        self.output_dir = Path(output_dir)
        self.options = kwargs

    @abstractmethod
    def generate(
        self,
        image_path: str | Path,
        text_prompt: str,
        duration: float | None = None,
        output_filename: str | None = None,
        **kwargs: Any,
    ) -> GenerationResult:
        """The result of one generation; a failure is a result too.

        `duration` is in seconds, None for the model's own. `kwargs` holds the model's further parameters and, for
        models whose catalog entry lists the capability, `seed`, `final_frame` and `ground_truth` (paths).
        """

    def attend(self, terms: JobTerms) -> None:  # noqa: B027 (most need nothing)
        """Told before `generate`, for models that submit jobs: under which terms."""

    def cancel(self) -> bool:
        """True when the provider was told to end the job in the log of the terms; raises what it answers."""
        return False

    def knows(self, job: Job) -> bool:  # noqa: ARG002 (for those that submit jobs)
        """True when the provider knows the job."""
        return False

    def check_request(self, request: Request) -> None:  # noqa: B027 (most need nothing)
        """Nothing for a request that the model takes, as far as is known beforehand; raises InvalidRequestError."""

    def check_access(self, parameters: Mapping[str, Any]) -> None:  # noqa: B027 (most need nothing)
        """Nothing when the model can be asked with these parameters; raises what is missing."""


@dataclass(frozen=True)
class Request:
    """What a service is asked to make."""

    image_path: Path
    """The first frame."""
    prompt: str
    """What should happen."""
    output_path: Path
    """Where the video must be when the service returns."""
    duration: float | None = None
    """Seconds of video; None for the model's own."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The model's further parameters."""


@dataclass(frozen=True)
class Generation:
    """What a service made."""

    generation_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The provider's id for the job, or one made here."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Anything worth keeping, JSON values only."""


class Service(Protocol):
    """The part of a model that does the work."""

    def generate(self, request: Request) -> Generation:
        """Write the video to `request.output_path`; raises a VmevalkitError when there is none."""


class ServiceWrapper(ModelWrapper):
    """A wrapper around a service; a subclass makes or sets `service`."""

    @cached_property
    def service(self) -> Service:
        """What does the work."""
        raise NotImplementedError

    def generate(
        self,
        image_path: str | Path,
        text_prompt: str,
        duration: float | None = None,
        output_filename: str | None = None,
        **kwargs: Any,
    ) -> GenerationResult:
        """The service's video, or its error, as the documented result."""
        output_path = self.output_dir / (output_filename or VIDEO_NAME)
        request = Request(Path(image_path), text_prompt, output_path, duration, kwargs)
        started = time.monotonic()
        try:
            made = self.service.generate(request)
        except VmevalkitError as error:
            result = failed_result(self.model, failure_of(error), time.monotonic() - started)
            installation = vars(error).get("installation")  # what an open model ran with when it failed
            return {**result, "metadata": result["metadata"] | ({"installation": installation} if installation else {})}
        return GenerationResult(
            success=True,
            video_path=str(output_path),
            error=None,
            duration_seconds=time.monotonic() - started,
            generation_id=made.generation_id,
            model=self.model,
            status="success",
            metadata=dict(made.metadata),
        )


def failed_result(model: str, failure: Failure, seconds: float) -> GenerationResult:
    """The documented result of a generation that failed; the whole failure is in `metadata`."""
    return GenerationResult(
        success=False,
        video_path=None,
        error=failure.message,
        duration_seconds=seconds,
        generation_id=uuid.uuid4().hex,
        model=model,
        status=failure.status,
        metadata={"failure": failure.model_dump(mode="json")},
    )


def unknown_result(result: GenerationResult) -> GenerationResult:
    """The failed result of a generation of which nobody knows whether its job was submitted."""
    error = f"{result['error'] or ''} Whether the provider has the job is not known.".strip()
    told = result["error"] if result["status"] == "unknown" else error
    return {**result, "success": False, "video_path": None, "error": told, "status": "unknown"}


def checked_result(result: object) -> GenerationResult:
    """The result when it has exactly the documented keys and types; raises InvalidResultError otherwise.

    Its metadata comes back as JSON values, so that it can be written down whatever a wrapper put there.
    """
    try:
        checked = _result_adapter().validate_python(result, strict=True)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise _invalid(faults) from error
    if checked["success"] != (checked["video_path"] is not None) or checked["success"] != (checked["error"] is None):
        raise _invalid("a success has a video_path and no error, a failure an error and no video_path")
    text = None if checked["error"] is None else str(to_json_value(checked["error"]))
    metadata = {str(to_json_value(name)): to_json_value(value) for name, value in checked["metadata"].items()}
    return {**checked, "error": text, "metadata": metadata}


def _invalid(faults: str) -> InvalidResultError:
    keys = ", ".join(GenerationResult.__annotations__)
    return InvalidResultError(
        f"The wrapper returned a result that is not as documented: {faults}",
        expected=f"a dict with exactly the keys {keys}",
        next_step="Mend the wrapper's `generate`",
    )


@cache
def _result_adapter() -> TypeAdapter[GenerationResult]:
    return TypeAdapter(with_config(ConfigDict(extra="forbid"))(GenerationResult))
