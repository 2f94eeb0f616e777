"""Looking at a whole output tree for what is not a whole run; trusts no index."""

from __future__ import annotations

from typing import NamedTuple

from vmevalkit.errors import IncompatibleRecordError
from vmevalkit.hashes import hash_file
from vmevalkit.records.run import RunEntry, RunProblem
from vmevalkit.store.index import stamp
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run
from vmevalkit.store.tree import OutputTree, run_folders

_AGAIN = "it will be done again by the next `vmevalkit generate`"


class Audit(NamedTuple):
    """What an audit found."""

    runs: int
    """Run folders looked at."""
    problems: list[RunProblem]
    """Those that are not whole runs."""


def audit(tree: OutputTree) -> Audit:
    """What is not a whole run in a tree; every record is read and every video hashed again."""
    folders = list(run_folders(tree.layout.root))
    return Audit(len(folders), [problem for folder in folders if (problem := problem_of(tree, folder)) is not None])


def problem_of(tree: OutputTree, folder: str) -> RunProblem | None:
    """What is wrong with the run in a folder, whose record is read and whose video is hashed again; None if nothing."""
    path = RunFolder(tree.layout.root / folder)
    if stamp(path.record) is None:
        return _unrecorded(tree, folder, path)
    try:
        entry = RunEntry.of(read_run(path.record), folder)
    except (IncompatibleRecordError, OSError) as error:
        return RunProblem(folder=folder, kind="unreadable", message=str(error))
    return _video_problem(path, entry) if entry.status == "success" else None


def _video_problem(path: RunFolder, entry: RunEntry) -> RunProblem | None:
    try:
        sha256 = hash_file(path.path / (entry.video_path or "video"))
    except OSError as error:
        message = f"the video cannot be read ({error.strerror}); {_AGAIN}"
        return RunProblem(folder=entry.folder, kind="missing_video", message=message)
    if entry.video_sha256 is None:
        message = "made by another tool, which recorded no hash to check the video against"
        return RunProblem(folder=entry.folder, kind="unverified", message=message)
    if sha256 != entry.video_sha256:
        message = f"the video is not the one that was recorded; {_AGAIN}"
        return RunProblem(folder=entry.folder, kind="changed_video", message=message)
    return None


def _unrecorded(tree: OutputTree, folder: str, path: RunFolder) -> RunProblem:
    if not path.journal.exists():
        message = "it ended before anything was started; safe to delete"
        return RunProblem(folder=folder, kind="interrupted", message=message)
    with tree.working_on(path) as free:
        if not free:
            return RunProblem(folder=folder, kind="in_progress", message="a running process is working on it")
    message = "its process was killed; the next `vmevalkit generate` records it and does it again"
    if JobLog(path.journal).open_job is not None:
        message = "its process was killed, and its job is at the provider; `vmevalkit jobs adopt` fetches the video"
    return RunProblem(folder=folder, kind="interrupted", message=message)
