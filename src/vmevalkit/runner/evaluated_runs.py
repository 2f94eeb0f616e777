"""From a run in the output tree to what judges and metrics look at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, TypeVar, get_args

from vmevalkit.errors import UnscorableError
from vmevalkit.hashes import hash_file
from vmevalkit.records.base import JsonObject, Record, to_json_value
from vmevalkit.records.evaluation import Subject
from vmevalkit.records.run import RunEntry
from vmevalkit.records.score import ScoreRecord
from vmevalkit.records.verdict import Exhibit, VerdictRecord
from vmevalkit.runner.question import FINAL_FRAME, FIRST_FRAME
from vmevalkit.store.evaluations import Evaluations
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree
from vmevalkit.tasks.questions import GROUND_TRUTH_NAME, METADATA_NAME, PROMPT_NAME

InputName = Literal["first_frame", "final_frame", "ground_truth", "metadata"]
"""A file of the task that an evaluation may rest on."""

R = TypeVar("R", VerdictRecord, ScoreRecord)


class EvaluatedRun(Record):
    """A run that succeeded, and where its files are."""

    outputs: Path
    """Root of the output tree."""
    entry: RunEntry
    """The run's heading."""

    @staticmethod
    def is_possible(entry: RunEntry) -> bool:
        """True for a run that has a video to look at."""
        return entry.status == "success" and entry.video_path is not None

    @property
    def key(self) -> str:
        """How the run is called in progress and messages."""
        return self.entry.run_id

    @property
    def video(self) -> Path:
        """The generated video."""
        return self.outputs / self.entry.folder / str(self.entry.video_path)

    @property
    def first_frame(self) -> Path:
        """The task's first frame, as the run was given it."""
        return self._question / FIRST_FRAME

    @property
    def final_frame(self) -> Path | None:
        """The task's solved state, where it has one."""
        return _existing(self._question / FINAL_FRAME)

    @property
    def ground_truth(self) -> Path | None:
        """The task's video of its solution, where it has one."""
        return _existing(self._question / GROUND_TRUTH_NAME)

    @property
    def _question(self) -> Path:
        return RunFolder(self.outputs / self.entry.folder).question_dir

    def subject(self) -> Subject:
        """The run as it is now; where it recorded no hash of its video, with the hash of the file that is there."""
        subject = Subject.of(self.entry)
        if subject.video_sha256 is None:
            return subject.model_copy(update={"video_sha256": hash_of(self.video)})
        return subject

    def input_hashes(self, names: Iterable[InputName] = get_args(InputName)) -> dict[str, str | None]:
        """The hash of each of these files of the task; None for one that is not there."""
        files: dict[InputName, Path | None] = {
            "first_frame": self.first_frame,
            "final_frame": self.final_frame,
            "ground_truth": self.ground_truth,
            "metadata": self._question / METADATA_NAME,
        }
        return {name: hash_of(files[name]) for name in names}

    def check_video(self) -> None:
        """Nothing when the video is the one that was recorded; raises UnscorableError when it is not, or not there."""
        sha256 = hash_of(self.video)
        if sha256 is None:
            raise _changed(self, "cannot be read")
        if self.entry.video_sha256 not in {None, sha256}:
            raise _changed(self, "is not the one that was recorded: its content changed")

    def exhibit(self) -> Exhibit:
        """What a judge is given; raises UnscorableError when the video changed or the task's files cannot be read."""
        self.check_video()
        return Exhibit(
            domain=self.entry.domain_name,
            task_id=self.entry.task_id or "unknown",
            prompt=_read_prompt(self._question / PROMPT_NAME),
            video=self.video,
            first_frame=self.first_frame,
            final_frame=self.final_frame,
            metadata=_read_metadata(self._question / METADATA_NAME),
        )


def hash_of(path: Path | None) -> str | None:
    """The hash of a file; None where there is none, or none that can be read."""
    try:
        return hash_file(path) if path is not None and path.is_file() else None
    except OSError:
        return None


def current_records(outputs: Path, evaluations: Evaluations, evaluator: str, kind: type[R]) -> Iterator[R]:
    """The records of an evaluator about the runs that are in the output tree now, ordered by folder."""
    with OutputTree(outputs) as tree:
        for entry in tree.entries():
            record = evaluations.read(evaluator, entry.folder, kind)
            if record is not None and record.subject.matches(entry):
                yield record


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _read_prompt(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""


def _read_metadata(path: Path) -> JsonObject | None:
    """The task's metadata; None where there is no file."""
    if not path.is_file():
        return None
    try:
        metadata = to_json_value(json.loads(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable_metadata(path, str(error)) from error
    if not isinstance(metadata, dict):
        raise _unreadable_metadata(path, "it holds no JSON object")
    return metadata


def _unreadable_metadata(path: Path, reason: str) -> UnscorableError:
    return UnscorableError(
        f"The task's metadata at {path} cannot be read: {reason}",
        expected="a JSON object",
        next_step="Mend the file, then run the same command again",
        at_fault="task",
    )


def _changed(run: EvaluatedRun, fault: str) -> UnscorableError:
    return UnscorableError(
        f"The video of run {run.key} {fault}",
        expected="the video that the run recorded",
        next_step=f"`vmevalkit runs check --output-dir {run.outputs}` finds all such runs; `vmevalkit generate` does "
        "them again",
        at_fault="judge",
    )
