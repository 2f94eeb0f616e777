"""Running models × tasks: what is verified done is left alone, what is not is run, and everything is recorded."""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Ending, Outcome, Unit
from vmevalkit.errors import WorkerCrashedError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.limits import check_lifecycle
from vmevalkit.records.base import Record
from vmevalkit.records.generation import GenerationJob, RunResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.costs import forecast
from vmevalkit.runner.generation import failure_in
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
    """One generation of a batch. It is planned where it is looked at, so that an unreadable task costs only itself."""

    model: str
    """Catalog key."""
    task: TaskPair
    """The problem."""
    sample: int
    """Which repeat this is, from 0."""
    options: BatchOptions
    """The batch it belongs to."""

    def plan(self, runner: InferenceRunner) -> GenerationJob:
        """The job; raises InvalidTaskPairError for a task whose files cannot be read."""
        seed = self.options.seed
        parameters = {} if seed is None else {"seed": seed + self.sample}
        return runner.plan(catalog().get(self.model), self.task, parameters=parameters, sample=self.sample)

    def task_folder(self, runner: InferenceRunner) -> Path:
        """Where the runs of this task by this model are."""
        return runner.tree.layout.task_folder(self.model, self.task.domain, self.task.id)

    def state(self, runner: InferenceRunner, identity: str | None = None) -> State:
        """Whether it still has to be run, as the output tree says."""
        identity = identity or self.plan(runner).identity
        if self.options.force:
            return "to_do"
        folder = self.task_folder(runner)
        if runner.tree.is_done(identity, folder):
            return "done"
        ended = {entry.status for entry in runner.tree.runs_of(identity, folder)}
        settled = {"unknown"} if self.options.retry_failed else {"unknown", "failed", "refused"}
        return "failed_before" if ended & settled else "to_do"


@dataclass
class Batch:
    """A batch of models × tasks."""

    tasks: Sequence[TaskPair]
    """The tasks, in order."""
    models: Sequence[Model]
    """The models, in order."""
    options: BatchOptions
    """Everything else that was asked for."""
    runner: InferenceRunner
    """Carries out the jobs; its tree says what is done."""
    states: Counter[State] = field(default_factory=Counter)
    """How many of the jobs looked at so far are in which state."""

    def __len__(self) -> int:
        return len(self.tasks) * len(self.models) * self.options.samples_per_task

    def __iter__(self) -> Iterator[Unit[BatchItem]]:
        """Every job, one task after the other, so that a batch cut short still compares models on equal tasks."""
        for task in self.tasks:
            for model in self.models:
                cost = forecast(model, {})
                for sample in range(self.options.samples_per_task):
                    item = BatchItem(model=model.key, task=task, sample=sample, options=self.options)
                    yield Unit(self._key(item), model.key, item, cost.amount if cost else 0.0)

    def state_of(self, unit: Unit[BatchItem]) -> State:
        """Whether a job still has to be run; raises InvalidTaskPairError for a task whose files cannot be read."""
        return unit.payload.state(self.runner)

    def is_settled(self, unit: Unit[BatchItem]) -> bool:
        """True when there is nothing to do for a job; counts its state."""
        state = self.state_of(unit)
        self.states[state] += 1
        return state != "to_do"

    def record_crash(self, outcome: Outcome[Done]) -> None:
        """Give the run of a job whose worker died the record of a failed run, so that it is not tried for ever."""
        for unit in self:
            if unit.key == outcome.key:
                self.runner.tree.recover(unit.payload.task_folder(self.runner), outcome.failure)

    def _key(self, item: BatchItem) -> str:
        sample = f" #{item.sample + 1}" if self.options.samples_per_task > 1 else ""
        return f"{item.model} {item.task.domain}/{item.task.id}{sample}"


def run_batch(
    batch: Batch,
    executor: Executor,
    *,
    on_outcome: Callable[[Outcome[Done]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How the batch ended; each job is recorded by itself. Raises ModelRetiredError before anything is run.

    `on_outcome` hears of every job in this process. In worker processes the runner's class and retry policy are used;
    its callback is called here.
    """
    for model in batch.models:
        check_lifecycle(model)

    def tell(outcome: Outcome[Done]) -> None:
        if outcome.failure is not None and outcome.failure.type == WorkerCrashedError.__name__:
            batch.record_crash(outcome)
        if isinstance(outcome.value, dict) and not executor.in_process:
            batch.runner.tell(outcome.value)
        if on_outcome is not None:
            on_outcome(outcome)

    in_worker = partial(perform_in_worker, type(batch.runner), batch.runner.retry)
    return sweep(
        batch,
        partial(perform, batch.runner) if executor.in_process else in_worker,
        executor=executor,
        is_done=batch.is_settled,
        limits={model.key: model.limits.concurrency for model in batch.models if model.limits.concurrency},
        outcome_of=_ending,
        on_outcome=tell,
        progress=progress,
        noun="runs",
    )


def perform(runner: InferenceRunner, item: BatchItem) -> Done:
    """The result of one job of a batch, or why there was nothing to do: another process is at it, or was faster."""
    job = item.plan(runner)
    with claim(runner.tree.layout, job.identity) as free:
        if not free:
            return "busy"
        runner.tree.recover(item.task_folder(runner))
        return runner.run_job(job) if item.state(runner, job.identity) == "to_do" else "skipped"


def perform_in_worker(kind: type[InferenceRunner], retry: RetryPolicy, item: BatchItem) -> Done:
    """`perform` in a worker process, with a runner of its own."""
    output_dir = item.options.output_dir
    if output_dir not in _worker_runners:
        _worker_runners[output_dir] = kind(output_dir, retry=retry)
        atexit.register(_worker_runners[output_dir].close)
    return perform(_worker_runners[output_dir], item)


_worker_runners: dict[Path, InferenceRunner] = {}
"""The runners of a worker process, which works for one batch."""


def _ending(value: Done) -> Ending:
    if not isinstance(value, dict):
        return Ending(value)
    if value["success"]:
        return Ending("done")
    return Ending("failed", failure_in(value))
