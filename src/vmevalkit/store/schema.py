"""Reading and writing run records of every version.

Version 1 is written today. Version 0 is what tools before this one wrote: the same five blocks without
`schema_version`, with empty values left out, times without a zone (read as local time) and paths as they were on the
machine that made them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pydantic import ValidationError

from vmevalkit.atomic import write_atomic
from vmevalkit.errors import IncompatibleRecordError
from vmevalkit.records.base import first_fault
from vmevalkit.records.run import RUN_SCHEMA_VERSION, Run

Blocks = dict[str, Any]

_VERSION_0_BLOCKS = {"inference", "input", "output", "paths", "question_data"}


def write_run(path: Path, run: Run) -> None:
    """Write the record to `path` atomically and durably."""
    write_atomic(path, run.model_dump_json(indent=2).encode("utf-8", "surrogatepass") + b"\n")


def read_run(path: Path) -> Run:
    """The record at `path`, brought to the current version.

    Raises FileNotFoundError when there is none, IncompatibleRecordError when it is damaged or from a newer version.
    """
    content = path.read_bytes()
    try:
        return Run.model_validate_json(content) if b'"schema_version": 1,' in content else _migrated(path, content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _incompatible(path, error) from error


def _migrated(path: Path, content: bytes) -> Run:
    blocks: Blocks = json.loads(content)
    version = blocks.get("schema_version", 0)
    if not isinstance(version, int) or version > RUN_SCHEMA_VERSION:
        raise ValueError(f"it has schema version {version}, this program reads up to {RUN_SCHEMA_VERSION}")
    for old in range(version, RUN_SCHEMA_VERSION):
        blocks = MIGRATIONS[old](blocks, path.parent)
    return Run.model_validate(blocks)


def _from_version_0(old: Blocks, folder: Path) -> Blocks:
    inference, given, output = old["inference"], old.get("input", {}), old.get("output", {})
    question = old.get("question_data")
    domain, task_id = _task_by_folders(folder)
    moment = _moment(inference["timestamp"])
    known = {"success": "success", "completed": "success"}
    return {
        "schema_version": 1,
        "inference": {
            "run_id": inference.get("run_id") or folder.name,
            "model": inference["model"],
            "timestamp": moment if moment.tzinfo else moment.astimezone(),
            "status": known.get(inference.get("status"), "failed"),
            "duration_seconds": inference.get("duration_seconds"),
            "error": inference.get("error"),
        },
        "input": {
            "prompt": given.get("prompt", ""),
            "image_path": _inside(given.get("image_path"), folder, "question") or "",
            "question_id": given.get("question_id") or (question or {}).get("id") or task_id,
            "task_category": (question or {}).get("domain") or given.get("task_category") or domain,
        },
        "output": {
            "video_path": _inside(output.get("video_path"), folder, "video"),
            "video_url": output.get("video_url"),
            "generation_id": output.get("generation_id"),
        },
        "question_data": question,
    } | {name: block for name, block in old.items() if name not in _VERSION_0_BLOCKS}


def _moment(text: str) -> datetime:
    """A time as older tools wrote it: ISO 8601, with `Z` too, or `20250103_143025`."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return datetime.strptime(text, "%Y%m%d_%H%M%S")  # noqa: DTZ007 (local time, as all of theirs)


def _task_by_folders(run: Path) -> tuple[str | None, str | None]:
    """Domain and task id of a run in `{domain}_task/{task_id}/{run_id}`; None for any other place."""
    task, domain = run.parent, run.parent.parent.name
    return (domain.removesuffix("_task"), task.name) if domain.endswith("_task") else (None, None)


def _inside(path: str | None, folder: Path, subfolder: str) -> str | None:
    """Where a file named by an older record is now: by its name in the run's own subfolder."""
    if path is None:
        return None
    name = PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
    return f"{subfolder}/{name}" if (folder / subfolder / name).exists() else None


MIGRATIONS: dict[int, Callable[[Blocks, Path], Blocks]] = {0: _from_version_0}
"""How to bring a record from a version to the next one."""


def _incompatible(path: Path, error: Exception) -> IncompatibleRecordError:
    detail = first_fault(error) if isinstance(error, ValidationError) else str(error)
    return IncompatibleRecordError(
        f"The run record {path} cannot be read: {detail}",
        expected=f"a metadata.json of schema version 0 to {RUN_SCHEMA_VERSION}",
        next_step="Delete the run folder to have it done again, or upgrade vmevalkit if the record is newer",
        path=str(path),
    )
