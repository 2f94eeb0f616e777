"""The evaluations tree: one JSON record for each evaluator and run.

```
evaluations/{evaluator}/{model}/{domain}_task/{task_id}/{run_id}.json
evaluations/{evaluator}/summary.json
```
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import ValidationError

from vmevalkit.atomic import write_atomic, writing
from vmevalkit.records.base import Record
from vmevalkit.store.layout import shortened

EVALUATIONS_NAME = "evaluations"
SUMMARY_NAME = "summary.json"

R = TypeVar("R", bound=Record)


def beside(outputs: Path, name: str) -> Path:
    """A folder beside an output tree that belongs to it: `name` for `outputs`, else with the tree's name before it."""
    tree = outputs.absolute()
    return tree.parent / (name if tree.name == "outputs" else f"{tree.name}_{name}")


def evaluations_beside(outputs: Path) -> Path:
    """Where the evaluations of an output tree are unless told otherwise."""
    return beside(outputs, EVALUATIONS_NAME)


class Evaluations:
    """The evaluations of one output tree."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, evaluator: str, run_folder: str) -> Path:
        """Where the record of a run is; `run_folder` is relative to the output root."""
        folder = PurePosixPath(run_folder)
        return self.root / evaluator / folder.parent / f"{shortened(folder.name)}.json"

    def read(self, evaluator: str, run_folder: str, kind: type[R]) -> R | None:
        """The record of a run; None where there is none, or none that this version can read: it is made again."""
        try:
            return kind.model_validate_json(self.path(evaluator, run_folder).read_bytes())
        except (OSError, ValidationError):
            return None

    def write(self, evaluator: str, run_folder: str, record: Record) -> None:
        """Keep the record of a run; raises OutputNotWritableError."""
        self._write(self.path(evaluator, run_folder), record)

    def write_summary(self, evaluator: str, summary: Record) -> None:
        """Keep the summary of an evaluator; raises OutputNotWritableError."""
        self._write(self.root / evaluator / SUMMARY_NAME, summary)

    def _write(self, path: Path, record: Record) -> None:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, record.model_dump_json(indent=2).encode() + b"\n")
