"""Running models × tasks: what is verified done is left alone, what is not is run, and everything is recorded."""

from __future__ import annotations

import atexit
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from vmevalkit.engine.budget import Budget
from vmevalkit.engine.executor import Executor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Ending, Outcome, Unit
from vmevalkit.errors import InvalidRequestError, MissingImageError, UnreadableImageError, WorkerCrashedError
from vmevalkit.models.base import JobTerms, ModelWrapper, Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.endpoint import provider_facts
from vmevalkit.models.limits import check_duration, check_lifecycle, check_parameters
from vmevalkit.records.base import JsonObject, Record
from vmevalkit.records.generation import GenerationJob, RunResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.costs import forecast, request_of
from vmevalkit.runner.executors import OPEN_MODELS, group_of, under_way
from vmevalkit.runner.generation import failure_in, wrapper_of
from vmevalkit.runner.identity import SHOW_FINAL_FRAME
from vmevalkit.runner.inference import InferenceRunner, RunInterrupted
from vmevalkit.runner.run_record import told_cost
from vmevalkit.store.claims import claim
from vmevalkit.store.jobs import RunWithJob, runs_with_open_job
from vmevalkit.store.layout import VIDEO_NAME

State = Literal["to_do", "to_adopt", "done", "failed_before", "unknown_before"]
"""Whether a generation still has to be run. `to_adopt`: its job was submitted before and is open still. What failed in
an earlier sweep, or may or may not have been submitted, is only tried again on request."""


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
    parameters: JsonObject = Field(default_factory=dict)
    """Parameters for every model, `duration` among them."""
    retry_failed: bool = False
    """Try again what failed or was refused in an earlier sweep."""
    resubmit_unknown: bool = False
    """Submit again what may have been submitted, at the risk of paying for it twice."""
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
        model, seed = catalog().get(self.model), self.options.seed
        parameters = taken_by(model, self.options.parameters)
        if seed is not None:
            parameters["seed"] = seed + self.sample
        return runner.plan(model, self.task, parameters=parameters, sample=self.sample)

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
        found = self.open_run(runner, identity)
        if found is not None:  # one that may have to be submitted counts, and costs, as if it had
            return "to_adopt" if found.log.phase == "submitted" else "to_do"
        ended = {entry.status for entry in runner.tree.runs_of(identity, folder)}
        if "unknown" in ended and not self.options.resubmit_unknown:
            return "unknown_before"
        return "failed_before" if ended & {"failed", "refused"} and not self.options.retry_failed else "to_do"

    def open_run(self, runner: InferenceRunner, identity: str) -> RunWithJob | None:
        """The run to go on with before another is begun: its job is at the provider, or can be looked for there."""
        if catalog().get(self.model).kind != "api":
            return None
        found = runs_with_open_job(self.task_folder(runner), identity)
        return next((each for each in found if _can_go_on(each, self.options)), None)


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
        """Every job, one task after the other, so that a batch cut short still compares models on equal tasks.

        Models with workers come one after the other instead: each is loaded once.
        """
        others = [model for model in self.models if model.recipe is None]
        lines = [self._units((task, model) for task in self.tasks for model in others)]
        lines.append(
            self._units((task, model) for model in self.models if model.recipe is not None for task in self.tasks)
        )
        yield from filter(None, chain.from_iterable(zip_longest(*lines)))

    def _units(self, pairs: Iterable[tuple[TaskPair, Model]]) -> Iterator[Unit[BatchItem]]:
        for task, model in pairs:
            cost = forecast(model, taken_by(model, self.options.parameters))
            for sample in range(self.options.samples_per_task):
                item = BatchItem(model=model.key, task=task, sample=sample, options=self.options)
                yield Unit(self._key(item), group_of(model), item, cost.amount if cost else 0.0)

    def state_of(self, unit: Unit[BatchItem]) -> State:
        """Whether a job still has to be run; raises InvalidTaskPairError for a task whose files cannot be read."""
        return unit.payload.state(self.runner)

    def is_settled(self, unit: Unit[BatchItem]) -> bool:
        """True when there is nothing to do for a job; counts its state."""
        state = self.state_of(unit)
        self.states[state] += 1
        return state not in {"to_do", "to_adopt"}

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
    max_cost: float | None = None,
    on_outcome: Callable[[Outcome[Done]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How the batch ended; each generation is recorded by itself.

    Nothing more is begun once it could bring the cost beyond `max_cost`, in US dollars. Raises ModelRetiredError,
    InvalidRequestError and MissingCredentialError before anything is run. `on_outcome` hears of every generation in
    this process. In worker processes the runner's class and retry policy are used; its callback is called here.
    """
    check_batch(batch, max_cost)
    budget = Budget(max_cost) if max_cost is not None else None

    def tell(outcome: Outcome[Done]) -> None:
        if budget is not None:
            budget.settle(outcome.key, outcome.cost)
        if outcome.failure is not None and outcome.failure.type == WorkerCrashedError.__name__:
            batch.record_crash(outcome)
        if isinstance(outcome.value, dict) and not executor.shares_memory:
            batch.runner.tell(outcome.value)
        if on_outcome is not None:
            on_outcome(outcome)

    in_worker = partial(perform_in_worker, type(batch.runner), batch.runner.retry)
    return sweep(
        batch,
        partial(perform, batch.runner) if executor.shares_memory else in_worker,
        executor=executor,
        is_done=batch.is_settled,
        limits=limits_of(batch),
        admit=partial(_reserve, batch, budget) if budget is not None else None,
        outcome_of=ending_of,
        on_outcome=tell,
        progress=progress,
        noun="runs",
    )


def check_batch(batch: Batch, max_cost: float | None = None, *, access: bool = True) -> None:
    """Nothing when every model can be asked for what the batch wants of it, as far as that is known beforehand.

    Whether the keys are there is only looked at with `access`. Raises ModelRetiredError, InvalidRequestError and
    MissingCredentialError.
    """
    _check_all_are_taken(batch)
    for model in batch.models:
        parameters = taken_by(model, batch.options.parameters)
        check_lifecycle(model)
        check_duration(model, parameters.get("duration"))
        check_parameters(model, parameters)
        if max_cost is not None and forecast(model, parameters) is None:
            raise InvalidRequestError(
                f"Nobody knows what a video by {model.key} costs",
                expected="a model with a price, where the cost is to stay below a limit",
                next_step=f"Leave out {model.key}, or run it by itself without --max-cost",
                field="max_cost",
                value=max_cost,
            )
        _check_for_one_task(batch, model, parameters)
        if access and (model.kind == "api" or model.recipe is not None):
            wrapper = wrapper_of(model, batch.options.output_dir)
            wrapper.attend(JobTerms(workers=batch.runner.workers))
            wrapper.check_access(parameters)
            _check_first_request(batch, wrapper, model, request_of(model, parameters))


def _check_all_are_taken(batch: Batch) -> None:
    """Raises InvalidRequestError for a parameter that no model of the batch takes: it is misspelt, most likely."""
    taken = {name for model in batch.models for name in taken_by(model, batch.options.parameters)}
    for name in batch.options.parameters.keys() - taken:
        for model in batch.models:
            if model.parameters:  # the error names what comes close
                check_parameters(model, {name: batch.options.parameters[name]})
        raise InvalidRequestError(
            f"None of the models takes the parameter {name!r}",
            expected="one that at least one of them takes",
            next_step=f"`vmevalkit models show {batch.models[0].key}` shows what it takes",
            field=name,
            value=batch.options.parameters[name],
        )


def _check_for_one_task(batch: Batch, model: Model, parameters: JsonObject) -> None:
    for name in parameters.keys() & model.parameters.keys():
        if model.parameters[name].one_task and len(batch.tasks) > 1:
            raise InvalidRequestError(
                f"The parameter {name} of {model.key} belongs to one task, and {len(batch.tasks)} were chosen",
                expected="one task",
                next_step=f"Choose one with --task-id, or leave out {name}",
                field=name,
                value=len(batch.tasks),
            )


def _check_first_request(batch: Batch, wrapper: ModelWrapper, model: Model, asked: dict[str, Any]) -> None:
    """Raises InvalidRequestError where parameters do not go together; what is the matter with one task is its own."""
    if not batch.tasks:
        return
    task, duration = batch.tasks[0], asked.pop("duration", None)
    given = {name: value for name, value in asked.items() if value is not None and name != SHOW_FINAL_FRAME}
    given |= {} if batch.options.seed is None else {"seed": batch.options.seed}
    given |= {"final_frame": task.final_frame} if task.final_frame and "final_frame" in model.capabilities else {}
    request = Request(task.first_frame, task.prompt, batch.options.output_dir / VIDEO_NAME, duration, given)
    try:
        wrapper.check_request(request)
    except InvalidRequestError as error:
        if error.field not in {"first_frame", "final_frame", "prompt"}:
            raise
    except (UnreadableImageError, MissingImageError):
        return


def taken_by(model: Model, parameters: JsonObject) -> JsonObject:
    """Those of a batch's parameters that concern a model: all of them where it is behind an API, else what it takes."""
    takes = {*model.capabilities, *model.parameters}
    return {name: value for name, value in parameters.items() if model.kind == "api" or name in takes}


def perform(runner: InferenceRunner, item: BatchItem) -> Done:
    """The result of one job of a batch, or why there was nothing to do: another process is at it, or was faster."""
    job = item.plan(runner)
    with claim(runner.tree.layout, job.identity) as free:
        if not free:
            return "busy"
        try:
            if not item.options.force and (found := item.open_run(runner, job.identity)) is not None:
                return runner.adopt(found.folder, may_submit=True) or "busy"
            runner.tree.recover(item.task_folder(runner), identity=job.identity)
            return runner.run_job(job) if item.state(runner, job.identity) == "to_do" else "skipped"
        except RunInterrupted as interrupted:
            return interrupted.result


def perform_in_worker(kind: type[InferenceRunner], retry: RetryPolicy, item: BatchItem) -> Done:
    """`perform` in a worker process, with a runner of its own."""
    output_dir = item.options.output_dir
    if output_dir not in _worker_runners:
        _worker_runners[output_dir] = kind(output_dir, retry=retry)
        atexit.register(_worker_runners[output_dir].close)
    return perform(_worker_runners[output_dir], item)


_worker_runners: dict[Path, InferenceRunner] = {}
"""The runners of a worker process, which works for one batch."""


def ending_of(value: Done) -> Ending:
    """How a generation ended, and what was newly spent on it."""
    if not isinstance(value, dict):
        return Ending(value)
    cost = told_cost(value)
    spent = 0.0 if value["metadata"].get("adopted") else cost.amount if cost is not None else None
    if value["success"]:
        return Ending("done", cost=spent)
    failure = failure_in(value)
    interrupted = failure is not None and failure.status == "interrupted"
    return Ending("interrupted" if interrupted else "failed", failure, spent)


def _can_go_on(found: RunWithJob, options: BatchOptions) -> bool:
    """True when there is something to be had of an open job.

    Not of one whose id is not known and cannot be found out, once a record says so; nor, on request, of one that the
    provider does not know.
    """
    recorded = found.run.inference.status if found.is_recorded else None
    finds = found.log.job is not None and provider_facts(found.log.job.provider).finds_jobs
    if found.log.phase == "submitting" and not finds:
        return recorded is None and not options.resubmit_unknown
    return not (recorded == "unknown" and options.resubmit_unknown)


def limits_of(batch: Batch) -> dict[str, int]:
    """Most generations under way by group.

    Models with workers have as many as there are devices, all together. Beside models that only have to be waited for,
    those that run in this process do so one at a time each.
    """
    limits = {model.key: model.limits.concurrency for model in batch.models if model.limits.concurrency}
    waits = any(model.provider is not None or model.recipe is not None for model in batch.models)
    for model in batch.models:
        if model.provider is not None:
            limits[model.provider.name] = under_way(model.provider, batch.runner.in_flight)
        elif model.recipe is not None:
            limits[OPEN_MODELS] = len(batch.runner.workers.devices)
        elif waits:
            limits.setdefault(model.key, 1)
    return limits


def _reserve(batch: Batch, budget: Budget, unit: Unit[BatchItem]) -> None:
    """Set the forecast aside; nothing for what was paid before."""
    adopts = batch.state_of(unit) == "to_adopt"
    budget.reserve(replace(unit, cost=0.0) if adopts else unit)
