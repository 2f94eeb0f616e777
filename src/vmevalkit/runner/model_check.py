"""The integration check of a model: can it be asked, and does it make whole videos of the two test tasks?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Literal

from vmevalkit import errors
from vmevalkit.errors import InvalidResultError, VmevalkitError
from vmevalkit.media.sandbox import isolated_probe
from vmevalkit.models.base import JobTerms
from vmevalkit.models.catalog.reader import catalog, load_wrapper
from vmevalkit.models.endpoint import foreign_endpoint
from vmevalkit.models.limits import check_lifecycle, successor_fate
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.base import Record
from vmevalkit.records.generation import Failure, GenerationResult, RunResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.runner.costs import request_of
from vmevalkit.runner.credentials import credentials_of, found_in_words
from vmevalkit.runner.generation import failure_in, wrapper_of
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.settings import require_variable
from vmevalkit.tasks.questions import read_questions

RESULT_FIELDS = tuple(GenerationResult.__annotations__)
"""The eight fields that every result has."""

_EXIT_FAILED, _EXIT_SETUP_MISSING = 1, 3


class CheckStep(Record):
    """What one step of the check found."""

    name: str
    """What was looked at."""
    verdict: Literal["ok", "failed"]
    """Whether it is as it should be. After a failure nothing more is looked at."""
    detail: str
    """What was found."""
    fix: str | None = None
    """What to do about a failure, where that is known."""
    exit_code: int = 0
    """0 for `ok`; 3 where something has to be set up first; 1 for every other failure."""


def shipped_tasks() -> Sequence[TaskPair]:
    """The two test tasks that come with the package."""
    return read_questions(Path(str(files("vmevalkit.tasks") / "tests_task"))).tasks


def check_setup(key: str, folder: Path, pool: WorkerPool) -> Iterator[CheckStep]:
    """Whether a model can be asked to write into a folder; nothing is sent and nothing paid. Ends with a failure.

    Models with workers would run on the devices of the pool.
    """
    return _steps(
        {
            "registered": partial(_registered, key),
            "wrapper": partial(_wrapper, key),
            "in service": partial(_in_service, key),
            "access": partial(_access, key, folder, pool),
        }
    )


def check_generation(model: Model, runner: InferenceRunner) -> Iterator[CheckStep]:
    """Whether the model makes whole videos of the test tasks, which may cost money. Ends with a failure.

    Each is a run in the runner's tree.
    """
    looks: dict[str, Callable[[], str]] = {}
    for task in shipped_tasks():
        trial = _Trial(model, task, runner)
        looks[f"{task.id} generated"] = trial.generate
        looks[f"{task.id} result"] = trial.look_at_fields
        looks[f"{task.id} video"] = trial.look_at_video
    return _steps(looks)


@dataclass
class _Trial:
    """A test task given to a model."""

    model: Model
    task: TaskPair
    runner: InferenceRunner
    result: RunResult | None = None

    def generate(self) -> str:
        self.result = self.runner.run_job(self.runner.plan(self.model, self.task, parameters={}))
        if (failure := failure_in(self.result)) is not None:
            raise _error_of(failure)
        return f"{self.result['run_id']} in {self.result['duration_seconds']:.1f} s"

    def look_at_fields(self) -> str:
        missing = [name for name in RESULT_FIELDS if name not in (self.result or {})]
        if missing:
            raise InvalidResultError(
                f"The result lacks {', '.join(missing)}",
                expected=f"the fields {', '.join(RESULT_FIELDS)}",
                next_step="Mend the wrapper's `generate`",
            )
        return f"has the {len(RESULT_FIELDS)} fields"

    def look_at_video(self) -> str:
        video = isolated_probe(str(self.result and self.result["video_path"]))
        size = f"{video.width} x {video.height}"
        got = f"{video.duration_seconds:.2f} s"
        asked = request_of(self.model, {}).get("duration") if "duration" in self.model.capabilities else None
        length = f", {got}" if asked is None else f"; asked for {asked:g} s, got {got}"
        return f"{video.frame_count} frames, {size}, {video.codec}{length}"


def _steps(looks: Mapping[str, Callable[[], str]]) -> Iterator[CheckStep]:
    for name, look in looks.items():
        step = _step(name, look)
        yield step
        if step.verdict == "failed":
            return


def _step(name: str, look: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name=name, verdict="ok", detail=look())
    except VmevalkitError as error:
        expected = f"; expected {error.expected}" if error.expected else ""
        code = _EXIT_SETUP_MISSING if error.exit_code == _EXIT_SETUP_MISSING else _EXIT_FAILED
        detail, fix = f"{error.given}{expected}", error.next_step
    except (ImportError, AttributeError) as error:
        code, detail, fix = _EXIT_FAILED, str(error), "Mend the catalog entry, or the module that it names"
    return CheckStep(name=name, verdict="failed", detail=detail, fix=fix, exit_code=code)


def _registered(key: str) -> str:
    return f"{catalog().get(key).family}, by {catalog().origin(key)}"


def _wrapper(key: str) -> str:
    return f"{load_wrapper(catalog().get(key)).__name__} can be imported"


def _in_service(key: str) -> str:
    model = catalog().get(key)
    check_lifecycle(model)
    if model.retirement is None:
        return model.lifecycle
    next_one = model.retirement.successor
    successor = f"; {next_one} takes its place{successor_fate(model)}" if next_one else ""
    return f"{model.lifecycle}: may be switched off from {model.retirement.date} on{successor}"


def _access(key: str, folder: Path, pool: WorkerPool) -> str:
    model = catalog().get(key)
    for variable in model.environment_variables:
        require_variable(variable, needed_by=key)
    if model.recipe is not None:
        wrapper = wrapper_of(model, folder)
        wrapper.attend(JobTerms(workers=pool))
        wrapper.check_access({})
        return f"environment {model.recipe.environment} and weights are installed, runs on {_devices(pool)}"
    if model.kind == "api":
        wrapper_of(model, folder).check_access({})
    credentials, elsewhere = credentials_of(model), foreign_endpoint(model)
    told = found_in_words(credentials) or ("granted" if credentials else "needs no key")
    return f"{told}; asked at {elsewhere}" if elsewhere else told


def _devices(pool: WorkerPool) -> str:
    return ", ".join(f"{each.name} {each.index or ''}".strip() for each in pool.devices)


def _error_of(failure: Failure) -> VmevalkitError:
    """The error that a failure was, as far as needed to tell what kind it is."""
    kind = getattr(errors, failure.type, None)
    if isinstance(kind, type) and issubclass(kind, VmevalkitError):
        return kind(failure.message)
    return VmevalkitError(failure.message)
