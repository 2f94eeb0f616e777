"""The copy of a task that each run keeps, so that a run can be judged without the questions tree."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from vmevalkit.atomic import writing
from vmevalkit.errors import InvalidTaskPairError, MissingImageError, UnreadableImageError
from vmevalkit.media.images import prepare_first_frame
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import GenerationJob, InputTransform
from vmevalkit.records.task import TaskPair
from vmevalkit.tasks.questions import (
    FINAL_FRAME_NAMES,
    FIRST_FRAME_NAMES,
    GROUND_TRUTH_NAME,
    METADATA_NAME,
    PROMPT_NAME,
    read_metadata,
)

FIRST_FRAME, FINAL_FRAME = FIRST_FRAME_NAMES[0], FINAL_FRAME_NAMES[0]
"""What the pictures are called in the copy, whatever they were called in the task."""

_FINAL_KEYS = ("final_image_path", "final_frame")
_TRUTH_KEYS = ("ground_truth_path", "ground_truth_video", "ground_truth")


def task_from_arguments(image_path: str | Path, prompt: str, question_data: Mapping[str, Any] | None) -> TaskPair:
    """The task that the arguments of `InferenceRunner.run` describe.

    Final frame and ground truth come from `question_data`, or from beside the image. Raises MissingImageError.
    """
    image, data = Path(image_path), question_data or {}
    if not image.is_file():
        raise MissingImageError(
            f"There is no image at {image}",
            expected="the path of the task's first frame",
            next_step="`vmevalkit tasks list` shows the tasks that can be run",
            path=str(image),
        )
    return TaskPair(
        id=str(data.get("id") or "unknown"),
        domain=str(data.get("domain") or data.get("task_category") or "unknown"),
        prompt=prompt,
        first_frame=image,
        final_frame=_existing(data, _FINAL_KEYS, image.with_name(FINAL_FRAME)),
        ground_truth=_existing(data, _TRUTH_KEYS, image.with_name(GROUND_TRUTH_NAME)),
    )


def question_data_of(job: GenerationJob) -> JsonObject | None:
    """The task's metadata: as the caller gave it, else as its file says; None where there is none to read."""
    if job.question_data is not None or job.task.metadata is None:
        return job.question_data
    try:
        return read_metadata(job.task)
    except InvalidTaskPairError:  # `vmevalkit tasks check` tells of it; the run does not need it
        return None


def write_question(task: TaskPair, question_data: JsonObject | None, folder: Path) -> tuple[InputTransform, ...]:
    """Copy the task into `folder`; the changes made to its pictures come back, the originals stay as they are.

    Raises MissingImageError or UnreadableImageError when the first frame cannot be used.
    """
    with writing(folder):
        folder.mkdir(exist_ok=True)
        (folder / PROMPT_NAME).write_bytes(task.prompt.encode("utf-8", "surrogatepass"))
        if question_data is not None:
            (folder / METADATA_NAME).write_bytes(to_json(question_data, indent=2))
        transforms = prepare_first_frame(task.first_frame, folder / FIRST_FRAME)
        if task.final_frame is not None:
            transforms += _write_final_frame(task.final_frame, folder / FINAL_FRAME)
        if task.ground_truth is not None:
            shutil.copyfile(task.ground_truth, folder / GROUND_TRUTH_NAME)
        return transforms


def _write_final_frame(source: Path, destination: Path) -> tuple[InputTransform, ...]:
    try:
        transforms = prepare_first_frame(source, destination)
    except UnreadableImageError:  # only models that take it need it, and they will say so
        shutil.copyfile(source, destination)
        return ()
    return tuple(transform.model_copy(update={"target": "final_frame"}) for transform in transforms)


def _existing(data: Mapping[str, Any], keys: tuple[str, ...], beside: Path) -> Path | None:
    named = [Path(str(data[key])) for key in keys if data.get(key)]
    return next((path for path in [*named, beside] if path.is_file()), None)
