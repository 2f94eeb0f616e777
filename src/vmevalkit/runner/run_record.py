"""How a run's record comes to be: announced when the run starts, completed when it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vmevalkit import __version__
from vmevalkit.models.limits import PRIVATE_PARAMETERS
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.generation import Cost, GenerationJob, RunStatus
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Installation
from vmevalkit.records.run import Inference, Provenance, Run, RunInput, RunOutput
from vmevalkit.records.task import TaskPair
from vmevalkit.remote.redaction import without_queries
from vmevalkit.runner.generation import Trail
from vmevalkit.runner.identity import catalog_entry_hash, public_parameters
from vmevalkit.runner.question import FINAL_FRAME, FIRST_FRAME
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.jobs import RunWithJob

_UNSUCCESSFUL: tuple[RunStatus, ...] = ("refused", "interrupted", "unknown")
_KEPT_ELSEWHERE = {"video_url", "cost", "installation"}
_COST: TypeAdapter[Cost | None] = TypeAdapter(Cost | None)


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
            parameters_passed=_without_signatures(job.parameters),
            seed=job.seed if "seed" in model.capabilities else None,
            sample=job.sample,
            first_frame_sha256=first_frame_sha256,
        ),
        cost=job.forecast if model.provider is None else Cost(amount=0.0, source="free"),
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
    sent = {
        "parameters_sent": _without_signatures(public_parameters(trail.sent)),
        "input_transforms": tuple(trail.transforms),
        "installation": told_installation(result),
    }
    provenance = run.provenance and run.provenance.model_copy(update=sent)
    changed = {"inference": inference, "output": output, "provenance": provenance, "attempts": tuple(trail.tries)}
    return run.model_copy(update={**changed, "cost": trail.cost})


def cost_of(run: Run, log: JobLog, result: Mapping[str, Any], trail: Trail) -> Cost | None:
    """What a run cost: as the provider told, else as its journal says, else as the wrapper was to be paid.

    What was announced of a model behind a provider is nothing, until a job of its is submitted.
    """
    return told_cost(result) or log.cost_beside(trail.cost or run.cost)


def told_cost(result: Mapping[str, Any]) -> Cost | None:
    """The cost in a result's metadata; None where there is none, or what a wrapper put there is none."""
    try:
        return _COST.validate_python((result.get("metadata") or {}).get("cost"))
    except ValidationError:
        return None


def told_installation(result: Mapping[str, Any]) -> Installation | None:
    """What an open model ran with, from a result's metadata; None where there is nothing of the kind."""
    told = (result.get("metadata") or {}).get("installation")
    try:
        return None if told is None else Installation.model_validate_json(json.dumps(told))
    except (ValidationError, TypeError):
        return None


def job_of(found: RunWithJob) -> GenerationJob:
    """The generation that a run was to be, as far as it is needed to go on with its job."""
    run, question = found.run, found.folder.question_dir
    provenance = run.provenance
    return GenerationJob(
        model=run.inference.model,
        task=TaskPair(
            id=run.input.question_id or "unknown",
            domain=run.input.task_category or "unknown",
            prompt=run.input.prompt,
            first_frame=question / FIRST_FRAME,
            final_frame=question / FINAL_FRAME if (question / FINAL_FRAME).is_file() else None,
        ),
        question_data=run.question_data,
        parameters=_not_private(provenance.parameters_passed) if provenance else {},
        seed=provenance.seed if provenance else None,
        sample=provenance.sample if provenance else 0,
        identity=run.identity or "",
        forecast=found.log.job.forecast if found.log.job else None,
    )


def _not_private(parameters: JsonObject) -> JsonObject:
    """The parameters without keys and addresses: those of the one who goes on with the run count."""
    return {name: value for name, value in parameters.items() if name not in PRIVATE_PARAMETERS}


def status_of(result: Mapping[str, Any]) -> RunStatus:
    """The run status that a result stands for; words of a wrapper's own count as plain success or failure."""
    if result.get("success"):
        return "success"
    status = result.get("status")
    return next((known for known in _UNSUCCESSFUL if known == status), "failed")


def _without_signatures(parameters: JsonObject) -> JsonObject:
    """The parameters without the queries of the addresses in them: that is where signatures are."""
    return {name: without_queries(value) if isinstance(value, str) else value for name, value in parameters.items()}
