"""The integration check of a model: can it be asked, and does it make whole videos of the two test tasks?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Literal

from vmevalkit import errors
from vmevalkit.errors import InvalidResultError, SetupError, VmevalkitError
from vmevalkit.media.sandbox import isolated_probe
from vmevalkit.models.catalog.reader import catalog, load_wrapper
from vmevalkit.models.endpoint import foreign_endpoint
from vmevalkit.models.limits import check_lifecycle
from vmevalkit.records.base import Record
from vmevalkit.records.generation import GenerationResult, RunResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.runner.credentials import credentials_of
from vmevalkit.runner.generation import failure_in, wrapper_of
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.settings import require_variable
from vmevalkit.tasks.questions import read_questions

RESULT_FIELDS = tuple(GenerationResult.__annotations__)
"""The eight fields that every result has."""

_FAILED = 1


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


def check_setup(key: str, folder: Path) -> Iterator[CheckStep]:
    """Whether a model can be asked to write into a folder; nothing is sent and nothing paid. Ends with a failure."""
    looks = {"registered": _registered, "wrapper": _wrapper, "in service": _in_service, "access": _access}
    for name, look in looks.items():
        step = _step(name, partial(look, key, folder))
        yield step
        if step.verdict == "failed":
            return


def check_generation(model: Model, runner: InferenceRunner) -> Iterator[CheckStep]:
    """Whether the model makes whole videos of the test tasks; each is a run in the runner's tree. Ends with a failure.

    This is what costs money.
    """
    for task in shipped_tasks():
        results: list[RunResult] = []
        looks = {"result": _result, "generation": _generation, "video": _video}
        steps = [_step(f"{task.id} recorded", partial(_recorded, model, task, runner, results))]
        yield steps[0]
        for name, look in looks.items():
            if steps[-1].verdict == "failed":
                return
            steps.append(_step(f"{task.id} {name}", partial(look, results[0])))
            yield steps[-1]


def _step(name: str, look: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name=name, verdict="ok", detail=look())
    except VmevalkitError as error:
        expected = f"; expected {error.expected}" if error.expected else ""
        code = error.exit_code if isinstance(error, SetupError) else _FAILED
        detail, fix = f"{error.given}{expected}", error.next_step
    except (ImportError, AttributeError) as error:
        code, detail, fix = _FAILED, str(error), "Mend the catalog entry, or the module that it names"
    return CheckStep(name=name, verdict="failed", detail=detail, fix=fix, exit_code=code)
