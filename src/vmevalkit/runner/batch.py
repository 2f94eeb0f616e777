"""Running models × tasks: what is verified done is left alone, what is not is run, and everything is recorded."""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Ending, Outcome, Unit
from vmevalkit.models.limits import check_lifecycle
from vmevalkit.records.base import Record
from vmevalkit.records.generation import Failure, GenerationJob, RunResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.store.claims import claim

State = Literal["to_do", "done", "failed_before"]
"""Whether a job still has to be run; a failure of an earlier sweep is only tried again on request."""


Done = RunResult | Literal["busy", "skipped"]
"""What came of a job."""


class BatchOptions(Record):
    """What a batch is asked to do beside models and tasks."""

    output_dir: Path
    """Root of the output tree."""
    samples_per_task: int = Field(default=1, ge=1)
    """How many videos each model makes of each task."""
    seed: int | None = None
    """Seed of the first sample; each further sample adds one."""
    retry_failed: bool = False
    """Try again what failed or was refused in an earlier sweep."""
    force: bool = False
    """Run again even what is done; the earlier runs stay."""


class BatchItem(Record):
    """One job of a batch, with what its worker has to know."""

    job: GenerationJob
    """What to generate."""
    options: BatchOptions
    """The batch it belongs to."""


@dataclass
class Batch:
    """A batch of models × tasks, and what planning it found out."""

    tasks: Sequence[TaskPair]
    """The tasks, in order."""
    models: Sequence[Model]
    """The models, in order."""
    options: BatchOptions
    """Everything else that was asked for."""
    runner: InferenceRunner
    """Plans the jobs; its tree says what is done."""
    states: Counter[State] = field(default_factory=Counter)
    """How many of the jobs looked at so far are in which state."""

    def __len__(self) -> int:
        return len(self.tasks) * len(self.models) * self.options.samples_per_task

    def __iter__(self) -> Iterator[Unit[BatchItem]]:
        """Every job, one task after the other, so that a batch cut short still compares models on equal tasks."""
        for task in self.tasks:
            for model in self.models:
                for sample in range(self.options.samples_per_task):
                    yield self._unit(model, task, sample)

    def state_of(self, unit: Unit[BatchItem]) -> State:
        """Whether a job still has to be run."""
        return state_of(unit.payload, self.runner)

    def is_settled(self, unit: Unit[BatchItem]) -> bool:
        """True when there is nothing to do for a job; counts its state."""
        state = self.state_of(unit)
        self.states[state] += 1
        return state != "to_do"

    def _unit(self, model: Model, task: TaskPair, sample: int) -> Unit[BatchItem]:
        options = self.options
        parameters: dict[str, Any] = {} if options.seed is None else {"seed": options.seed + sample}
        job = self.runner.plan(model, task, parameters=parameters, sample=sample)
        key = f"{model.key} {task.id}" + (f" #{sample + 1}" if options.samples_per_task > 1 else "")
        cost = job.forecast.amount if job.forecast else 0.0
        return Unit(key, model.key, BatchItem(job=job, options=options), cost)


def run_batch(
    batch: Batch,
    executor: Executor,
    *,
    on_result: Callable[[RunResult], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How the batch ended; each job is recorded by itself. Raises ModelRetiredError before anything is run."""
    for model in batch.models:
        check_lifecycle(model)

    def tell(outcome: Outcome[Done]) -> None:
        if on_result is not None and isinstance(outcome.value, dict):
            on_result(outcome.value)

    return sweep(
        batch,
        partial(perform, batch.runner) if executor.in_process else perform_in_worker,
        executor=executor,
        is_done=batch.is_settled,
        limits={model.key: model.limits.concurrency for model in batch.models if model.limits.concurrency},
        outcome_of=_ending,
        on_outcome=tell,
        progress=progress,
        noun="runs",
    )


def state_of(item: BatchItem, runner: InferenceRunner) -> State:
    """Whether a job still has to be run, as the output tree says."""
    job, options = item.job, item.options
    if options.force:
        return "to_do"
    folder = runner.tree.layout.task_folder(job.model, job.task.domain, job.task.id)
    if runner.tree.is_done(job.identity, folder):
        return "done"
    ended = {entry.status for entry in runner.tree.runs_of(job.identity, folder)}
    settled = {"unknown"} if options.retry_failed else {"unknown", "failed", "refused"}
    return "failed_before" if ended & settled else "to_do"


def perform(runner: InferenceRunner, item: BatchItem) -> Done:
    """The result of one job of a batch, or why there was nothing to do: another process is at it, or was faster."""
    job = item.job
    with claim(runner.tree.layout, job.identity) as free:
        if not free:
            return "busy"
        runner.tree.recover(runner.tree.layout.task_folder(job.model, job.task.domain, job.task.id))
        return runner.run_job(job) if state_of(item, runner) == "to_do" else "skipped"


def perform_in_worker(item: BatchItem) -> Done:
    """`perform` in a worker process, with a runner of its own."""
    return perform(_worker_runner(item.options.output_dir), item)


@cache
def _worker_runner(output_dir: Path) -> InferenceRunner:
    runner = InferenceRunner(output_dir)
    atexit.register(runner.close)
    return runner


def _ending(value: Done) -> Ending:
    if not isinstance(value, dict):
        return Ending(value)
    if value["success"]:
        return Ending("done")
    return Ending("failed", Failure(type=value["status"], message=f"{value['run_id']}: {value['error']}"))
