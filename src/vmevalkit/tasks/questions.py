"""Reading a questions tree: `{domain}_task/{task_id}/` with a first frame, a prompt, and what else the task has."""

from __future__ import annotations

import json
import os
from pathlib import Path

from vmevalkit.errors import InvalidTaskPairError
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.task import QuestionSet, TaskPair, TaskProblem

FIRST_FRAME_NAMES = (
    "first_frame.png",
    "first_frame.svg",
    "first_frame.jpg",
    "first_frame.jpeg",
    "first_frame.webp",
    "first_frame.bmp",
)
FINAL_FRAME_NAMES = tuple(name.replace("first", "final") for name in FIRST_FRAME_NAMES)
PROMPT_NAME = "prompt.txt"
GROUND_TRUTH_NAME = "ground_truth.mp4"
METADATA_NAME = "question_metadata.json"
DOMAIN_SUFFIX = "_task"


def read_questions(root: Path) -> QuestionSet:
    """Every task below `root`, which may be a questions tree, one domain's folder or one task's folder.

    A folder that is not a whole task is left out and named among the problems; the files themselves are only looked
    at, not decoded. Raises InvalidTaskPairError when `root` is not a folder that can be read.
    """
    names = _files(root)
    if names is None:
        raise InvalidTaskPairError(
            f"There is no folder of tasks at {root}",
            expected="a folder that holds {domain}_task/{task_id}/first_frame.png and prompt.txt",
            next_step="Create one with: vmevalkit tasks create --pairs-per-domain 3",
            path=str(root),
        )
    reader = _Reader()
    if PROMPT_NAME in names or any(name in names for name in FIRST_FRAME_NAMES):
        reader.read_task(root.absolute(), root.absolute().parent.name)
    elif root.absolute().name.endswith(DOMAIN_SUFFIX):
        reader.read_domain(root.absolute())
    else:
        for name in _folders(root) or []:
            reader.read_domain(root / name)
    tasks = tuple(sorted(reader.tasks.values(), key=lambda task: (task.domain, task.id)))
    return QuestionSet(tasks=tasks, problems=tuple(reader.problems))


def read_metadata(task: TaskPair) -> JsonObject:
    """What the task's metadata file holds; empty when it has none.

    Raises InvalidTaskPairError when the file is not a JSON object.
    """
    if task.metadata is None:
        return {}
    try:
        metadata = to_json_value(json.loads(task.metadata.read_bytes()))
    except (OSError, ValueError) as error:
        raise _invalid_metadata(task.metadata, str(error)) from error
    if not isinstance(metadata, dict):
        raise _invalid_metadata(task.metadata, f"it holds a {type(metadata).__name__}")
    return metadata


def _invalid_metadata(path: Path, fault: str) -> InvalidTaskPairError:
    return InvalidTaskPairError(
        f"The metadata {path} cannot be read: {fault}",
        expected="a JSON object",
        next_step="Mend or remove the file; a task needs no metadata",
        path=str(path),
    )


class _Reader:
    """Collects tasks and problems while walking a tree."""

    def __init__(self) -> None:
        self.tasks: dict[tuple[str, str], TaskPair] = {}
        self.problems: list[TaskProblem] = []

    def read_domain(self, folder: Path) -> None:
        names = _folders(folder)
        if names is None:
            self._problem(folder, "the folder cannot be read; check its permissions")
            return
        for name in names:
            self.read_task(folder / name, folder.name)

    def read_task(self, folder: Path, domain_folder: str) -> None:
        names = _files(folder)
        if names is None:
            self._problem(folder, "the folder cannot be read; check its permissions")
            return
        if not _is_unicode(folder.name):
            self._problem(folder, "the folder's name is not valid Unicode; rename it")
            return
        first = next((name for name in FIRST_FRAME_NAMES if name in names), None)
        missing = [
            what for what, found in (("first_frame.png", first), (PROMPT_NAME, PROMPT_NAME in names)) if not found
        ]
        if missing:
            self._problem(folder, f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
            return
        prompt = self._prompt(folder / PROMPT_NAME)
        if prompt is None or first is None or not self._has_content(folder / first):
            return
        domain = domain_folder.removesuffix(DOMAIN_SUFFIX) or domain_folder
        if (known := self.tasks.get((domain, folder.name))) is not None:
            self._problem(folder, f"the id {folder.name} is already used by {known.first_frame.parent}; rename one")
            return
        final = next((folder / name for name in FINAL_FRAME_NAMES if name in names), None)
        self.tasks[domain, folder.name] = TaskPair(
            id=folder.name,
            domain=domain,
            prompt=prompt,
            first_frame=folder / first,
            final_frame=final,
            ground_truth=folder / GROUND_TRUTH_NAME if GROUND_TRUTH_NAME in names else None,
            metadata=folder / METADATA_NAME if METADATA_NAME in names else None,
        )

    def _prompt(self, path: Path) -> str | None:
        try:
            prompt = path.read_bytes().decode("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            self._problem(path, f"the prompt cannot be read as UTF-8 text ({error}); save it again")
            return None
        if not prompt:
            self._problem(path, "the prompt is empty; write what the model should do")
            return None
        return prompt

    def _has_content(self, path: Path) -> bool:
        try:
            if path.stat().st_size:
                return True
            self._problem(path, "the image is empty (zero bytes); put the first frame there")
        except OSError as error:
            self._problem(path, f"the image cannot be read ({error})")
        return False

    def _problem(self, path: Path, message: str) -> None:
        self.problems.append(TaskProblem(path=path, message=message))


def _files(folder: Path) -> frozenset[str] | None:
    """The names of the files in a folder; None when it cannot be read. A link counts as what it leads to."""
    try:
        with os.scandir(folder) as items:
            return frozenset(item.name for item in items if _leads_to_file(item))
    except OSError:
        return None


def _folders(folder: Path) -> list[str] | None:
    """The names of the folders in a folder, hidden ones left out, in order; None when it cannot be read."""
    try:
        with os.scandir(folder) as items:
            return sorted(item.name for item in items if not item.name.startswith(".") and _leads_to_folder(item))
    except OSError:
        return None


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leads_to_file(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_file()
    except OSError:  # a link that leads to itself
        return False


def _leads_to_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False
