"""How a run's record comes to be: announced when the run starts, completed when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from vmevalkit import __version__
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.generation import GenerationJob, RunStatus
from vmevalkit.records.model import Model
from vmevalkit.records.run import Inference, Provenance, Run, RunInput, RunOutput
from vmevalkit.runner.generation import Trail
from vmevalkit.runner.identity import catalog_entry_hash, public_parameters
from vmevalkit.runner.question import FIRST_FRAME

_UNSUCCESSFUL: tuple[RunStatus, ...] = ("refused", "interrupted", "unknown")
_KEPT_ELSEWHERE = {"video_url"}


def started_run(
    job: GenerationJob,
    model: Model,
    *,
    run_id: str,
    started_at: datetime,
    first_frame_sha256: str,
    question_data: JsonObject | None = None,
) -> Run:
    """The record of a run that has only just started: what is left of it if its process is killed."""
    task = job.task
    return Run(
        inference=Inference(run_id=run_id, model=model.key, timestamp=started_at, status="interrupted"),
        input=RunInput(
            prompt=task.prompt, image_path=f"question/{FIRST_FRAME}", question_id=task.id, task_category=task.domain
        ),
        output=RunOutput(),
        question_data=question_data,
        identity=job.identity,
        provenance=Provenance(
            package_version=__version__,
            catalog_entry_sha256=catalog_entry_hash(model),
            model_id=model.model,
            parameters_passed=job.parameters,
            seed=job.seed if "seed" in model.capabilities else None,
            sample=job.sample,
            first_frame_sha256=first_frame_sha256,
        ),
        cost=job.forecast,
    )


def ended_run(run: Run, trail: Trail, result: Mapping[str, Any]) -> Run:
    """The complete record, from the announced one, what happened on the way, and the result the caller gets."""
    metadata = {name: to_json_value(value) for name, value in (result.get("metadata") or {}).items()}
    url = metadata.get("video_url")
    inference = run.inference.model_copy(
        update={
            "status": status_of(result),
            "duration_seconds": result.get("duration_seconds"),
            "error": result.get("error"),
        }
    )
    output = trail.output.model_copy(
        update={
            "generation_id": result.get("generation_id"),
            "video_url": url.partition("?")[0] if isinstance(url, str) else None,  # the query holds the signature
            "metadata": {name: value for name, value in metadata.items() if name not in _KEPT_ELSEWHERE},
        }
    )
    sent = {"parameters_sent": public_parameters(trail.sent), "input_transforms": tuple(trail.transforms)}
    provenance = run.provenance and run.provenance.model_copy(update=sent)
    attempts = tuple(trail.tries)
    return run.model_copy(
        update={"inference": inference, "output": output, "provenance": provenance, "attempts": attempts}
    )


def status_of(result: Mapping[str, Any]) -> RunStatus:
    """The run status that a result stands for; words of a wrapper's own count as plain success or failure."""
    if result.get("success"):
        return "success"
    status = result.get("status")
    return next((known for known in _UNSUCCESSFUL if known == status), "failed")
