"""Running models on tasks: one generation, recorded from before it starts until after it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from vmevalkit.errors import InvalidRequestError, InvalidTaskPairError, JobFailedError, VmevalkitError
from vmevalkit.models.base import JobTerms, ModelWrapper, failed_result, unknown_result
from vmevalkit.models.catalog.reader import catalog, load_wrapper
from vmevalkit.models.devices import Device
from vmevalkit.models.endpoint import check_endpoint
from vmevalkit.models.limits import check_duration, check_lifecycle, check_parameters, check_seed
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.base import to_json_value
from vmevalkit.records.generation import GenerationJob, GenerationResult, RunResult
from vmevalkit.records.job import Job
from vmevalkit.records.model import Model
from vmevalkit.records.run import Run, RunEntry
from vmevalkit.records.task import TaskPair
from vmevalkit.retry import RetryPolicy, failure_of
from vmevalkit.runner.costs import forecast
from vmevalkit.runner.generation import Generation, Trail, wrapper_of
from vmevalkit.runner.identity import identity_of, public_parameters
from vmevalkit.runner.MODEL_CATALOG import available_models, model_families
from vmevalkit.runner.question import question_data_of, task_from_arguments, write_question
from vmevalkit.runner.run_record import cost_of, ended_run, job_of, started_run
from vmevalkit.settings import get_settings
from vmevalkit.store.job_log import PREPARED, JobLog
from vmevalkit.store.jobs import RunWithJob, run_with_job
from vmevalkit.store.journal import append_event
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree


def _load_model_wrapper(model_name: str) -> type[ModelWrapper]:
    """The wrapper class of a model; raises ValueError with near names for an unknown one."""
    return load_wrapper(catalog().get(model_name))


def run_inference(
    model_name: str,
    image_path: str | Path,
    text_prompt: str,
    run_id: str | None = None,
    question_data: Mapping[str, Any] | None = None,
    *,
    output_dir: str | Path | None = None,
    verbose: bool = False,
    **kwargs: Any,
) -> RunResult:
    """The result of one generation, recorded in the output tree; see `InferenceRunner.run`.

    An open model is loaded anew by each call; an `InferenceRunner` keeps it loaded.
    """
    with InferenceRunner(output_dir) as runner:
        return runner.run(model_name, image_path, text_prompt, run_id, question_data, verbose=verbose, **kwargs)


SOLUTION = ("final_frame", "ground_truth")
"""Files of a task that some models take; they may be given with the parameters."""


def _solution_in(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in SOLUTION if name in parameters}


def _now() -> datetime:
    return datetime.now(timezone.utc).astimezone()


@dataclass(frozen=True)
class OpenRun:
    """A run that has started and not ended."""

    started: Run
    """Its record as announced."""
    trail: Trail
    """What happened since."""


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a run, which is recorded; carries its result."""

    def __init__(self, result: RunResult) -> None:
        super().__init__("Stopped")
        self.result = result


class InferenceRunner:
    """Runs models and keeps each run in a folder of its own.

    A subclass may override `_save_metadata` to keep more. `on_result` is called with every result. Safe to use from
    several threads.
    """

    def __init__(
        self,
        output_dir: str | Path | None = None,
        *,
        on_result: Callable[[RunResult], None] | None = None,
        retry: RetryPolicy | None = None,
        in_flight: int | None = None,
        devices: Sequence[Device] | None = None,
        on_step: Callable[[str, int, int], None] | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """Work in `output_dir` (default: the setting VMEVALKIT_OUTPUT_DIR, or `outputs`), created when needed.

        At most `in_flight` jobs are under way at one provider at once (default: as the setting VMEVALKIT_IN_FLIGHT
        says, or the catalog). Open models run on `devices` (default: the first GPU, or the CPU), stay loaded until
        the runner is closed, and tell `on_step` of the run, the step it is at, and how many there are.
        """
        self.output_dir = Path(output_dir) if output_dir is not None else get_settings().output_dir
        self.tree = OutputTree(self.output_dir)
        self.retry = retry or RetryPolicy()
        self.in_flight = in_flight if in_flight is not None else get_settings().in_flight
        self.workers = WorkerPool(devices)
        self._on_result, self._on_step, self._clock = on_result, on_step, clock
        self._open_runs: dict[Path, OpenRun] = {}

    def __enter__(self) -> InferenceRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unload the open models and let go of the output tree."""
        self.workers.close()
        self.tree.close()

    def run(
        self,
        model_name: str,
        image_path: str | Path,
        text_prompt: str,
        run_id: str | None = None,
        question_data: Mapping[str, Any] | None = None,
        *,
        verbose: bool = False,
        **kwargs: Any,
    ) -> RunResult:
        """The result of one generation: the keys of `ModelWrapper.generate`, `run_id`, `inference_dir`, `timestamp`.

        `question_data` is the task's metadata; its `id` and `domain` place the run in the tree. `kwargs` go to the
        model; `seed` only to models that take one. A failed generation is a result. Raises ValueError for an unknown
        model or a duration it does not make, FileNotFoundError for a missing image, RunExistsError for a run id that
        is taken.
        """
        task = task_from_arguments(image_path, text_prompt, {**(question_data or {}), **_solution_in(kwargs)})
        parameters = {name: value for name, value in kwargs.items() if name not in SOLUTION}
        job = self.plan(catalog().get(model_name), task, parameters=parameters)
        if question_data is not None:
            given = {str(to_json_value(name)): to_json_value(value) for name, value in question_data.items()}
            job = job.model_copy(update={"question_data": given})
        return self.run_job(job, run_id=run_id, private=parameters, verbose=verbose)

    def plan(self, model: Model, task: TaskPair, *, parameters: Mapping[str, Any], sample: int = 0) -> GenerationJob:
        """The job for one generation, checked before anything is paid.

        A model that takes a seed and is given none gets the number of the sample. Raises ModelRetiredError,
        InvalidRequestError, and InvalidTaskPairError for a task whose files cannot be read.
        """
        seed = parameters.get("seed")
        check_lifecycle(model)
        check_duration(model, parameters.get("duration"))
        check_seed(model, seed)
        check_parameters(model, parameters)
        if "seed" in model.capabilities and seed is None:
            seed = sample
        others = {name: value for name, value in parameters.items() if name != "seed"}
        return GenerationJob(
            model=model.key,
            task=task,
            parameters=public_parameters(others),
            seed=seed,
            sample=sample,
            identity=identity_of(model, task, others, seed, sample, self._hash_of),
            forecast=forecast(model, parameters),
        )

    def run_job(
        self,
        job: GenerationJob,
        *,
        run_id: str | None = None,
        private: Mapping[str, Any] = MappingProxyType({}),
        verbose: bool = False,
    ) -> RunResult:
        """The result of a planned job. `private` holds the parameters that may not be written down, such as keys."""
        model, task, started_at = catalog().get(job.model), job.task, self._clock()
        first_frame, question_data = self._hash_of(task.first_frame), question_data_of(job)
        folder = self.tree.layout.create_run(model.key, task.domain, task.id, started_at, run_id)
        with self.tree.working_on(folder):
            run = started_run(
                job,
                model,
                run_id=folder.path.name,
                started_at=started_at,
                first_frame_sha256=first_frame,
                question_data=question_data,
            )
            # Not forced to the disk: a power cut before anything is asked for costs nothing.
            append_event(folder.journal, "started", run.model_dump(mode="json"), durable=False)
            course = self._open_runs[folder.path] = OpenRun(run, Trail())

            def carry_out() -> GenerationResult:
                transforms = write_question(task, run.question_data, folder.question_dir)
                course.trail.transforms.extend(transforms)
                if transforms and model.kind == "api":  # whoever goes on with the job later must know them
                    told: list[JsonValue] = [each.model_dump(mode="json") for each in transforms]
                    append_event(folder.journal, PREPARED, {"transforms": told}, durable=False)
                return self._generation(model, job, folder, course.trail).carry_out(private)

            return self._recorded(model, folder, carry_out, verbose=verbose)

    def adopt(self, folder: RunFolder, *, job_id: str | None = None, may_submit: bool = False) -> RunResult | None:
        """The result of a run whose job is open: it is waited for, its video fetched, and the run's record written.

        None when somebody else is at it, or the job is over by now. `job_id` is the provider's id where the run does
        not know it. Only with `may_submit` is a job submitted that the provider is certain never to have got. Raises
        InvalidRequestError, and leaves the run as it is, where the job belongs to another address, or the provider does
        not know `job_id`.
        """
        with self._working_on_open_job(folder) as found:
            if found is None:
                return None
            if job_id is not None:
                found.log.submitted(self._named(found, job_id))
            model = catalog().get(found.run.inference.model)
            trail = self._resumed(found, adopted=found.log.phase == "submitted" or not may_submit)
            generation = self._generation(model, job_of(found), folder, trail, may_submit=may_submit)
            return self._recorded(model, folder, lambda: generation.carry_out({}), verbose=False)

    def cancel(self, folder: RunFolder) -> bool:
        """True when the provider was told to end the run's open job, which is recorded then; False where it cannot be.

        Raises what the provider answers, and InvalidRequestError as `adopt` does; the job is left as it is then.
        """
        with self._working_on_open_job(folder) as found:
            if found is None or not self._wrapper_of(found).cancel():
                return False
            found.log.ended("cancelled")
            self._resumed(found, adopted=True)
            model = catalog().get(found.run.inference.model)
            error = JobFailedError(
                "The job was ended on request",
                next_step="`vmevalkit generate` with --retry-failed has it made again",
                provider=model.provider.name if model.provider else model.key,
                request_id=None,
            )
            self._end(folder, failed_result(model.model, failure_of(error), 0.0))
            return True

    @contextmanager
    def _working_on_open_job(self, folder: RunFolder) -> Iterator[RunWithJob | None]:
        """The run in a folder, held while the block runs; None when somebody else holds it, or its job is over.

        Raises InvalidRequestError where its job was submitted to another address than is asked now.
        """
        with self.tree.working_on(folder) as free:
            found = run_with_job(folder) if free else None
            job = found.log.open_job if found is not None else None
            if found is None or job is None or self._settled(found):
                yield None
                return
            check_endpoint(catalog().get(found.run.inference.model), job)
            yield found

    def _resumed(self, found: RunWithJob, *, adopted: bool) -> Trail:
        """The trail of a run that is gone on with, as an earlier process left it."""
        trail = Trail(list(found.log.prepared), tries=list(found.run.attempts), adopted=adopted)
        self._open_runs[found.folder.path] = OpenRun(found.run, trail)
        return trail

    def _settled(self, found: RunWithJob) -> bool:
        """True when the run is whole, and its process was killed before it said so in the journal; it is said now."""
        if not self.tree.is_verified(RunEntry.of(found.run, self.tree.relative(found.folder.path))):
            return False
        found.log.settle()
        return True

    def _named(self, found: RunWithJob, job_id: str) -> Job:
        """The run's job with an id that the provider knows."""
        job = found.log.open_job
        if job is None or job.id is not None:
            raise InvalidRequestError(
                f"The run {found.run.inference.run_id} knows the id of its job: {job.id if job else None}",
                expected="a run whose submit had no clear answer",
                next_step=f"vmevalkit jobs adopt {found.run.inference.run_id}",
                field="job_id",
                value=job_id,
            )
        named = job.model_copy(update={"id": job_id})
        if not self._wrapper_of(found).knows(named):
            raise InvalidRequestError(
                f"{job.provider} does not know the job {job_id!r}",
                expected="the id that its list of jobs shows",
                next_step="Look there, with the account that the run was made with",
                field="job_id",
                value=job_id,
            )
        return named

    def _wrapper_of(self, found: RunWithJob) -> ModelWrapper:
        model = catalog().get(found.run.inference.model)
        wrapper = wrapper_of(model, found.folder.video_dir)
        wrapper.attend(JobTerms(found.log, self.retry, self.in_flight, may_submit=False))
        return wrapper

    def _generation(
        self, model: Model, job: GenerationJob, folder: RunFolder, trail: Trail, *, may_submit: bool = True
    ) -> Generation:
        on_step = None if self._on_step is None else partial(self._on_step, folder.path.name)
        return Generation(
            model,
            job,
            folder,
            trail,
            self.retry,
            self.in_flight,
            may_submit=may_submit,
            workers=self.workers,
            on_step=on_step,
        )

    def _recorded(
        self, model: Model, folder: RunFolder, carry_out: Callable[[], GenerationResult], *, verbose: bool
    ) -> RunResult:
        """The recorded result of what `carry_out` does in a run's folder."""
        clock = time.monotonic()
        try:
            result = carry_out()
        except (VmevalkitError, OSError) as error:  # the model was not even asked
            result = failed_result(model.model, failure_of(error), time.monotonic() - clock)
        except BaseException as error:  # Ctrl-C, or a fault of ours: record the run, then let it end the program
            ended = self._end(folder, failed_result(model.model, failure_of(error), time.monotonic() - clock))
            if isinstance(error, KeyboardInterrupt):
                raise RunInterrupted(ended) from error
            raise
        return self._end(folder, result, verbose=verbose)

    def tell(self, result: RunResult) -> None:
        """Hand a result to the callback, if there is one."""
        if self._on_result is not None:
            self._on_result(result)

    def _hash_of(self, path: Path) -> str:
        try:
            return self.tree.hash_of(path)
        except OSError as error:
            raise InvalidTaskPairError(
                f"The task's file {path} cannot be read: {error.strerror}",
                expected="a file that is there and may be read",
                next_step="`vmevalkit tasks check` names every such file",
                path=str(path),
            ) from error

    def _end(self, folder: RunFolder, result: GenerationResult, *, verbose: bool = False) -> RunResult:
        course = self._open_runs[folder.path]
        run = course.started
        log = JobLog(folder.journal)
        if log.phase == "submitting":  # however it ended: nobody knows whether the provider has the job
            result = unknown_result(result)
        cost = course.trail.cost = cost_of(run, log, result, course.trail)
        if catalog().get(run.inference.model).kind == "api":
            spent = {"cost": cost.model_dump(mode="json") if cost else None, "adopted": course.trail.adopted}
            result = {**result, "metadata": result["metadata"] | spent}
        full = RunResult(
            **result,
            run_id=folder.path.name,
            inference_dir=str(folder.path),
            timestamp=run.inference.timestamp.isoformat(),
        )
        self._save_metadata(folder.path, full, run.question_data)
        if not folder.record.exists():  # a subclass that keeps its record elsewhere
            InferenceRunner._save_metadata(self, folder.path, full, run.question_data)
        if log.phase == "submitted" and (full["success"] or log.state not in {None, "succeeded"}):
            log.settle()
        self._open_runs.pop(folder.path, None)
        if verbose:
            outcome = full["video_path"] if full["success"] else full["error"]
            sys.stderr.write(f"{full['run_id']}: {full['status']} in {full['duration_seconds']:.1f} s: {outcome}\n")
        self.tell(full)
        return full

    def _save_metadata(
        self,
        inference_dir: Path,
        result: RunResult,
        question_data: Mapping[str, Any] | None,  # noqa: ARG002 (for those who override)
    ) -> None:
        """Write `metadata.json`, the last step of a run. Override to keep more; call this first."""
        course = self._open_runs[Path(inference_dir)]
        self.tree.record(RunFolder(Path(inference_dir)), ended_run(course.started, course.trail, result))

    def list_models(self) -> dict[str, str]:
        """Description by model key."""
        return {key: model["description"] for key, model in available_models().items()}

    def list_models_by_family(self) -> dict[str, dict[str, str]]:
        """Description by model key, by family."""
        return {
            family: {key: model["description"] for key, model in models.items()}
            for family, models in model_families().items()
        }

    def get_model_families(self) -> dict[str, int]:
        """Number of models by family."""
        return {family: len(models) for family, models in model_families().items()}
