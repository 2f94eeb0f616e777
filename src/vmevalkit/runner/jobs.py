"""Going on with jobs that were left at their providers, and ending them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial

from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Outcome, Unit
from vmevalkit.errors import InvalidRequestError
from vmevalkit.records.job import JobEntry
from vmevalkit.runner.batch import Done, ending_of
from vmevalkit.runner.executors import waiting_executor
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.store.claims import claim
from vmevalkit.store.jobs import RunWithJob, run_with_job
from vmevalkit.store.layout import RunFolder

MOST_AT_ONCE = 200
"""Jobs followed at once."""


def adopt_jobs(
    runner: InferenceRunner,
    entries: Sequence[JobEntry],
    *,
    job_id: str | None = None,
    on_outcome: Callable[[Outcome[Done]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How following the open jobs of some runs ended; each run is recorded by itself, and nothing is submitted.

    `job_id` is the provider's id of the only job, where its run does not know it.
    """
    units = [Unit(entry.run_id, entry.job.provider, entry) for entry in entries]
    with closing(waiting_executor(max(1, min(len(units), MOST_AT_ONCE)))) as executor:
        return sweep(
            units,
            partial(_adopted, runner, job_id),
            executor=executor,
            outcome_of=ending_of,
            on_outcome=on_outcome,
            progress=progress,
            noun="jobs",
        )


def cancel_job(runner: InferenceRunner, entry: JobEntry) -> bool:
    """True when the provider was told to end the open job of a run; False where it cannot be told."""
    return runner.cancel(_open_run(runner, entry))


def _adopted(runner: InferenceRunner, job_id: str | None, entry: JobEntry) -> Done:
    found = _open_run(runner, entry)
    with claim(runner.tree.layout, found.run.identity or entry.folder) as free:
        if not free:
            return "busy"
        if job_id is not None and found.log.job is not None:
            found.log.submitted(found.log.job.model_copy(update={"id": job_id}))
        return runner.adopt(found)


def _open_run(runner: InferenceRunner, entry: JobEntry) -> RunWithJob:
    found = run_with_job(RunFolder(runner.tree.layout.root / entry.folder))
    if found is None or found.log.open_job is None:
        raise InvalidRequestError(
            f"The run {entry.run_id} has no open job",
            expected="a run whose job was submitted and is not over",
            next_step="`vmevalkit jobs list` shows them",
            field="run_id",
            value=entry.run_id,
        )
    return found
