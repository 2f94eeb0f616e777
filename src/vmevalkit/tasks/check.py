"""Looking at every file of a questions tree as closely as a run would."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vmevalkit.errors import InvalidTaskPairError, UnreadableVideoError, UsageError
from vmevalkit.media.images import open_image
from vmevalkit.media.sandbox import isolated_probe
from vmevalkit.records.task import TaskPair, TaskProblem
from vmevalkit.tasks.questions import read_metadata


def check_task(task: TaskPair) -> Iterator[TaskProblem]:
    """What is wrong with a task's files; its images and its video are decoded."""
    yield from _metadata_problems(task)
    sizes: dict[str, tuple[int, int]] = {}
    for name, path in (("first frame", task.first_frame), ("final frame", task.final_frame)):
        if path is None:
            continue
        try:
            sizes[name] = open_image(path).size
        except UsageError as error:
            yield TaskProblem(path=path, message=str(error), fatal=name == "first frame")
    if task.ground_truth is not None:
        yield from _video_problems(task.ground_truth, sizes.get("first frame"))
    if len(set(sizes.values())) > 1:
        message = (
            f"first frame {_words(sizes['first frame'])} and final frame {_words(sizes['final frame'])} differ in size"
        )
        yield TaskProblem(path=task.first_frame.parent, message=message, fatal=False)


def _metadata_problems(task: TaskPair) -> Iterator[TaskProblem]:
    try:
        declared = read_metadata(task).get("id")
    except InvalidTaskPairError as error:
        yield TaskProblem(path=Path(error.path), message=str(error), fatal=False)
        return
    if task.metadata is not None and declared not in {None, task.id}:
        message = f"it names the task {declared!r}, but the folder's name {task.id!r} is what counts"
        yield TaskProblem(path=task.metadata, message=message, fatal=False)


def _video_problems(path: Path, size: tuple[int, int] | None) -> Iterator[TaskProblem]:
    try:
        info = isolated_probe(path)
    except (UnreadableVideoError, TimeoutError) as error:
        yield TaskProblem(path=path, message=str(error), fatal=False)
        return
    if size is not None and (info.width, info.height) != size:
        message = f"the video is {_words((info.width, info.height))}, the first frame {_words(size)}"
        yield TaskProblem(path=path, message=message, fatal=False)


def _words(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
