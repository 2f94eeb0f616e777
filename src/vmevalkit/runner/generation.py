"""Asking a model for one video: what it is sent, each try, and a close look at what came back."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vmevalkit.atomic import replacing, sync_file
from vmevalkit.errors import InvalidRequestError, InvalidResultError, UnreadableVideoError, WorkerCrashedError
from vmevalkit.hashes import hash_file
from vmevalkit.media.probe import probe
from vmevalkit.media.sandbox import isolated_probe
from vmevalkit.media.sandbox_pool import LostError
from vmevalkit.models.base import JobTerms, ModelWrapper, checked_result, failed_result
from vmevalkit.models.catalog.reader import load_wrapper
from vmevalkit.models.limits import check_inputs
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.generation import Attempt, Cost, Failure, GenerationJob, GenerationResult, InputTransform
from vmevalkit.records.model import Model
from vmevalkit.records.run import RunOutput
from vmevalkit.records.video import VideoInfo
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.retry import RetryPolicy, attempts, failure_of
from vmevalkit.runner.identity import SHOW_FINAL_FRAME
from vmevalkit.runner.question import FINAL_FRAME, FIRST_FRAME
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.layout import VIDEO_NAME, RunFolder
from vmevalkit.tasks.questions import GROUND_TRUTH_NAME

logger = logging.getLogger(__name__)

_TRANSFORMS = TypeAdapter(list[InputTransform])


@dataclass
class Trail:
    """What a generation left behind so far; it goes into the record however the generation ends."""

    transforms: list[InputTransform] = field(default_factory=list)
    """Changes made to the inputs, in order."""
    sent: dict[str, Any] = field(default_factory=dict)
    """Parameters the wrapper got."""
    tries: list[Attempt] = field(default_factory=list)
    """Every try."""
    output: RunOutput = field(default_factory=RunOutput)
    """The facts of the video, once it was found whole."""
    adopted: bool = False
    """Whether its job was submitted, and paid for, before this process."""
    cost: Cost | None = None
    """What its job cost; None for models that submit none."""


@dataclass(frozen=True)
class Generation:
    """One job about to be carried out in a run's folder, whose copy of the question is in place."""

    model: Model
    """The model to ask."""
    job: GenerationJob
    """What to ask for."""
    folder: RunFolder
    """Where the video goes."""
    trail: Trail
    """Where to write down what happens."""
    policy: RetryPolicy
    """How often to try, and how long to wait in between."""
    in_flight: int | None = None
    """Most jobs at one provider at once; None for as many as the catalog says."""
    may_submit: bool = True
    """False where only a job that was submitted before may be followed."""
    workers: WorkerPool | None = None
    """Where the workers of open models come from."""
    on_step: Callable[[int, int], None] | None = None
    """Told how many steps of how many are done, by models that run here."""

    def carry_out(self, private: Mapping[str, Any]) -> GenerationResult:
        """The last try's result, with its video checked and in its place.

        `private` holds the parameters that may not be written down. Raises InvalidRequestError when the model cannot
        be asked; whatever the wrapper raises is a failed try.
        """
        check_inputs(self.model, self.image, self.job.task.prompt)
        sent = self._parameters({**self.job.parameters, **private})
        self.trail.sent = {name: self._as_recorded(value) for name, value in sent.items()}
        self.folder.video_dir.mkdir(exist_ok=True)
        results: list[GenerationResult] = []

        def call(_: int) -> Failure | None:
            results.append(self._try(sent))
            return failure_in(results[-1])

        before = len(self.trail.tries)
        # What waits for a provider ends with the second Ctrl-C; what works here ends with its process.
        sleep = event_loop.sleep if self.model.kind == "api" else time.sleep
        for each in attempts(self.policy, call, sleep=sleep):
            self.trail.tries.append(each.model_copy(update={"number": before + each.number}))
        self.trail.transforms.extend(_transforms_in(results[-1]))
        self._give_up_unreadable()
        return results[-1]

    @property
    def terms(self) -> JobTerms:
        """Under which terms a job is submitted, as its journal stands now."""
        log = JobLog(self.folder.journal)
        forecast = self.job.forecast
        return JobTerms(
            log, self.policy, self.in_flight, forecast, self.may_submit, workers=self.workers, on_step=self.on_step
        )

    @property
    def image(self) -> Path:
        """The first frame as it is sent."""
        return self.folder.question_dir / FIRST_FRAME

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the wrapper gets beside image, prompt and file name: only what its capabilities say it takes."""
        takes, task, question = set(self.model.capabilities), self.job.task, self.folder.question_dir
        given = dict(given)
        if given.pop(SHOW_FINAL_FRAME, False):
            takes.add("final_frame")
            self._check_final_frame()
        offered = {
            "duration": self.model.default_duration if given.get("duration") is None else given["duration"],
            "seed": self.job.seed,
            "final_frame": question / FINAL_FRAME if task.final_frame else None,
            "ground_truth": question / GROUND_TRUTH_NAME if task.ground_truth else None,
        }
        defaults = {name: each.default for name, each in self.model.parameters.items() if each.default is not None}
        others = defaults | {name: value for name, value in given.items() if name not in offered}
        return others | {name: value for name, value in offered.items() if value is not None and name in takes}

    def _check_final_frame(self) -> None:
        if self.job.task.final_frame is None:
            raise InvalidRequestError(
                f"The task {self.job.task.id} has no final frame to be shown",
                expected=f"a task with a {FINAL_FRAME}",
                next_step=f"Leave out {SHOW_FINAL_FRAME}, or the task",
                field=SHOW_FINAL_FRAME,
                value=True,
            )

    def _as_recorded(self, value: object) -> object:
        """A parameter's value; for a file in the run's folder, its place there, so that the tree can be moved."""
        inside = isinstance(value, Path) and value.is_relative_to(self.folder.path)
        return value.relative_to(self.folder.path).as_posix() if isinstance(value, Path) and inside else value

    def _try(self, sent: Mapping[str, Any]) -> GenerationResult:
        clock = time.monotonic()
        try:
            wrapper = wrapper_of(self.model, self.folder.video_dir)
            wrapper.attend(self.terms)
            if not wrapper.submits_jobs:  # it keeps no journal of what it pays for: once asked, it may have
                self.trail.cost = self.job.forecast
            result = checked_result(
                wrapper.generate(self.image, self.job.task.prompt, output_filename=VIDEO_NAME, **sent)
            )
            return self._with_checked_video(result) if result["video_path"] is not None else result
        except Exception as error:
            logger.debug("%s failed", self.model.key, exc_info=True)
            return failed_result(self.model.model, failure_of(error), time.monotonic() - clock)

    def _with_checked_video(self, result: GenerationResult) -> GenerationResult:
        """The result with its video in its place; raises UnreadableVideoError for one that is not whole."""
        video = self._in_place(Path(str(result["video_path"])))
        if self.model.kind == "control":  # our own work, made again for nothing
            info = probe(video, deep=False)
        else:  # decoded in a process that may be killed, and kept through a power cut
            info = self._probed(video)
            sync_file(video)
        self.trail.output = RunOutput(
            video_path=video.relative_to(self.folder.path).as_posix(),
            video_bytes=video.stat().st_size,
            video_sha256=hash_file(video),
            video=info,
        )
        return {**result, "video_path": str(video)}

    def _probed(self, video: Path) -> VideoInfo:
        """What the file holds; one from a provider that is not whole may be fetched again."""
        try:
            return isolated_probe(video)
        except UnreadableVideoError as error:
            if isinstance(error.__cause__, LostError):  # the decoder's fault, or this machine's
                raise WorkerCrashedError(
                    f"The video could not be looked at: {error.given}",
                    next_step="If this repeats, raise VMEVALKIT_DECODE_MEMORY_MB",
                ) from error
            if self.model.kind == "api":
                vars(error)["retry"] = "transient"
            raise

    def _give_up_unreadable(self) -> None:
        """Call a job failed whose file was fetched whole, several times, and is no video: it will not become one."""
        failure, log = self.trail.tries[-1].failure, JobLog(self.folder.journal)
        if failure is not None and failure.type == UnreadableVideoError.__name__ and log.state == "succeeded":
            log.ended("failed", log.cost)

    def _in_place(self, video: Path) -> Path:
        """The video inside the run's folder; one that a wrapper put elsewhere, or linked to, is copied there."""
        if not video.is_file():
            raise InvalidResultError(
                f"The wrapper reported success, but there is no video at {video}",
                expected="the path of a file",
                next_step="Mend the wrapper's `generate`",
            )
        if video.absolute().is_relative_to(self.folder.video_dir.absolute()) and not video.is_symlink():
            return video
        place = self.folder.video_dir / VIDEO_NAME
        with replacing(place) as temporary:
            shutil.copyfile(video, temporary)
        return place


def wrapper_of(model: Model, output_dir: Path) -> ModelWrapper:
    """The model's wrapper, about to write into a folder."""
    return load_wrapper(model)(model=model.model, output_dir=output_dir, **model.args)


def failure_in(result: GenerationResult) -> Failure | None:
    """The failure that a result holds; wrappers of others may only give its text."""
    if result["success"]:
        return None
    try:
        return Failure.model_validate(result["metadata"].get("failure"))
    except ValidationError:
        return Failure(type="GenerationFailed", message=result["error"] or "")


def _transforms_in(result: GenerationResult) -> list[InputTransform]:
    """The changes to its inputs that a model reports; what is not such a report stays in the metadata."""
    try:
        return _TRANSFORMS.validate_python(result["metadata"].get("input_transforms", []))
    except ValidationError:
        return []
