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
from vmevalkit.runner.inference import InferenceRunner, RunInterrupted
from vmevalkit.store.claims import claim
from vmevalkit.store.job_log import JobLog
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
    return runner.cancel(_folder(runner, entry))


def dismiss_job(runner: InferenceRunner, entry: JobEntry) -> None:
    """Expect nothing more of a run's job: it is not gone on with, and not listed as open any more."""
    folder = _folder(runner, entry)
    runner.tree.recover(folder.path.parent, identity=entry.identity)  # a run that says how it stands, before it is over
    with runner.tree.working_on(folder) as free:
        log = JobLog(folder.journal)
        if not free or log.open_job is None or not folder.record.exists():
            raise _not_open(entry, "is being worked on")
        log.settle()


def _adopted(runner: InferenceRunner, job_id: str | None, entry: JobEntry) -> Done:
    with claim(runner.tree.layout, entry.identity or entry.folder) as free:
        if not free:
            return "busy"
        folder = _folder(runner, entry)
        try:
            return runner.adopt(folder, job_id=job_id) or "busy"
        except RunInterrupted as interrupted:
            return interrupted.result


def _folder(runner: InferenceRunner, entry: JobEntry) -> RunFolder:
    """The folder of a run whose job is open; raises InvalidRequestError where it is not."""
    folder = RunFolder(runner.tree.layout.root / entry.folder)
    if JobLog(folder.journal).open_job is None:
        raise _not_open(entry, "has no open job")
    return folder


def _not_open(entry: JobEntry, reason: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The run {entry.run_id} {reason}",
        expected="a run whose job was submitted and is not over",
        next_step="`vmevalkit jobs list` shows them",
        field="run_id",
        value=entry.run_id,
    )
