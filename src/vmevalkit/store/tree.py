"""The output tree: its runs, which of them are verified done, and what is wrong with the others."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vmevalkit.errors import IncompatibleRecordError, InvalidRequestError
from vmevalkit.hashes import hash_file, hash_json
from vmevalkit.records.generation import Failure, RunStatus
from vmevalkit.records.job import JobPhase
from vmevalkit.records.run import Run, RunEntry
from vmevalkit.registry import unknown_name
from vmevalkit.store.claims import claim
from vmevalkit.store.index import IndexedRun, RunIndex, stamp
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.journal import read_events
from vmevalkit.store.layout import JOURNAL_NAME, RECORD_NAME, STATE_FOLDER, WORK_PREFIX, Layout, RunFolder
from vmevalkit.store.schema import read_run, write_run

DEEPEST_RUN = 4
"""Levels from the root to a run: model, domain, task, run."""
SLOWEST_TICK_NANOSECONDS = 2 * 10**9
"""Two changes of a folder within this time may leave the same time of last change."""


class OutputTree:
    """One output tree. Safe to use from several threads; several processes may work on the same tree."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root)
        self._opened: RunIndex | None = None
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let go of the index."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    @property
    def _index(self) -> RunIndex:
        """The index; an empty one in memory as long as the tree does not exist, so that looking makes no folder."""
        if self._opened is None or (self._opened.in_memory and self.layout.root.exists()):
            self.close()
            self._opened = RunIndex(self.layout.state if self.layout.root.exists() else None)
        return self._opened

    def __enter__(self) -> OutputTree:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def entries(self) -> Iterator[RunEntry]:
        """The headings of all runs that have a readable record, in any layout, ordered by folder."""
        yield from self._walk("", 0)

    def find(self, run_id: str) -> tuple[RunFolder, Run]:
        """The run with this id, or with this folder below the root; raises UnknownNameError.

        Raises InvalidRequestError for an id that several runs have, naming their folders.
        """
        entries = list(self.entries())
        found = [entry.folder for entry in entries if entry.folder == run_id] or [
            entry.folder for entry in entries if entry.run_id == run_id
        ]
        if not found:
            raise unknown_name("run", run_id, (entry.run_id for entry in entries), "vmevalkit runs list")
        if len(found) > 1:
            raise InvalidRequestError(
                f"The run id {run_id!r} names {len(found)} runs: {', '.join(found)}",
                expected="the folder of one of them",
                next_step=f"For example: vmevalkit runs show {found[0]}",
                field="run_id",
                value=run_id,
            )
        folder = RunFolder(self.layout.root / found[0])
        return folder, read_run(folder.record)

    def runs_of(self, identity: str, task_folder: Path) -> list[RunEntry]:
        """Runs with this identity among those of a task, as the files say now."""
        with self._lock:
            indexed = self._runs_in(self.relative(task_folder))
        return [run.entry for run in indexed if run.entry.identity == identity]

    def is_done(self, identity: str, task_folder: Path) -> bool:
        """True when a run with this identity succeeded and its video is still what was recorded."""
        with self._lock:
            indexed = self._index.by_identity(identity)
        return any(self._is_unchanged(run) for run in indexed) or any(
            self.is_verified(entry) for entry in self.runs_of(identity, task_folder)
        )

    def is_verified(self, entry: RunEntry) -> bool:
        """True when the run succeeded and the video has the recorded size and hash.

        The hash is computed again only for a file that changed since it was last found right.
        """
        if entry.status != "success" or entry.video_path is None or entry.video_sha256 is None:
            return False
        video = f"{self.layout.root}/{entry.folder}/{entry.video_path}"
        now = stamp(video)
        if now is None or now.partition(":")[0] != str(entry.video_bytes):
            return False
        with self._lock:
            known = [run for run in self._index.by_identity(entry.identity or "") if run.entry == entry]
        if any(self._is_unchanged(run) for run in known):
            return True
        if hash_file(Path(video)) != entry.video_sha256:
            return False
        self._remember(entry, now)
        return True

    def record(self, folder: RunFolder, run: Run) -> None:
        """Write the record of a run whose video was hashed just now, the last step of a run, and index it."""
        write_run(folder.record, run)
        entry = RunEntry.of(run, self.relative(folder.path))
        video = stamp(folder.path / entry.video_path) if entry.video_path else None
        self._remember(entry, video)

    @contextmanager
    def working_on(self, folder: RunFolder) -> Iterator[bool]:
        """Mark a run as being worked on while the block runs; yields False when another process works on it."""
        with claim(self.layout, hash_json(self.relative(folder.path))) as free:
            yield free

    def recover(
        self, task_folder: Path, failure: Failure | None = None, *, identity: str | None = None
    ) -> list[RunEntry]:
        """Give the runs that a killed process left without a record the record of an interrupted run.

        With `failure`, where it is known what killed them, that of a failed one; with `identity`, only those that have
        it.
        """
        folders = _folders_without_record(task_folder)
        return [entry for folder in folders if (entry := self._recover(folder, failure, identity))]

    def _recover(self, folder: RunFolder, failure: Failure | None, identity: str | None) -> RunEntry | None:
        with self.working_on(folder) as free:
            run = _killed_run(folder, failure)
            if not free or run is None or folder.record.exists() or identity not in {None, run.identity}:
                return None
            for left_over in folder.video_dir.glob(f"{WORK_PREFIX}*"):
                shutil.rmtree(left_over, ignore_errors=True)
            self.record(folder, run)
            return RunEntry.of(run, self.relative(folder.path))

    def hash_of(self, path: Path) -> str:
        """Hash of a file, computed again only when it changed. Raises OSError when it cannot be read."""
        now, name = stamp(path), str(path.absolute())
        with self._lock:
            known = now and self._index.known_hash(name, now)
            if known:
                return known
            sha256 = hash_file(path)
            if now:
                self._index.put_hash(name, now, sha256)
            return sha256

    def _is_unchanged(self, run: IndexedRun) -> bool:
        """True when nothing was touched since the run's video was found right."""
        video = f"{self.layout.root}/{run.entry.folder}/{run.entry.video_path}"
        verified = run.entry.status == "success" and run.video_stamp is not None
        return verified and stamp(video) == run.video_stamp and stamp(self._record(run.entry)) == run.record_stamp

    def _remember(self, entry: RunEntry, video_stamp: str | None) -> None:
        record_stamp = stamp(self._record(entry))
        if record_stamp is not None:
            with self._lock:
                self._index.put([IndexedRun(entry, record_stamp, video_stamp)])

    def _record(self, entry: RunEntry) -> str:
        return f"{self.layout.root}/{entry.folder}/{RECORD_NAME}"

    def relative(self, path: Path) -> str:
        """A folder's place below the root, with forward slashes."""
        return path.relative_to(self.layout.root).as_posix()

    def _runs_in(self, folder: str) -> list[IndexedRun]:
        """Runs directly inside a folder: from the index while it is whole, else from the files."""
        now = stamp(self.layout.root / folder)
        known = {run.entry.folder: run for run in self._index.by_parent(folder)}
        if now is not None and self._index.settled_stamp(folder) == now:
            runs = list(known.values())
            if all(stamp(self._record(run.entry)) == run.record_stamp for run in runs):
                return runs
        children = [join(folder, child) for child in subfolders(self.layout.root / folder)]
        read = [self._read(child, known) for child in children]
        runs = [run for run in read if run is not None]
        if runs or known:
            settled = now if len(runs) == len(children) and _is_old(self.layout.root / folder) else None
            self._index.replace_parent(folder, runs, settled)
        return runs

    def _read(self, folder: str, known: dict[str, IndexedRun]) -> IndexedRun | None:
        record = self.layout.root / folder / RECORD_NAME
        now = stamp(record)
        if now is None:
            return None
        if folder in known and known[folder].record_stamp == now:
            return known[folder]
        try:
            return IndexedRun(RunEntry.of(read_run(record), folder), now, None)
        except (IncompatibleRecordError, OSError):
            return None

    def _walk(self, folder: str, depth: int) -> Iterator[RunEntry]:
        with self._lock:
            runs = [run.entry for run in self._runs_in(folder)]
        yield from runs
        if depth + 1 < DEEPEST_RUN:
            inside = {run.folder for run in runs}
            for child in subfolders(self.layout.root / folder):
                if (path := join(folder, child)) not in inside:
                    yield from self._walk(path, depth + 1)


def join(folder: str, child: str) -> str:
    """A folder's child, both named relative to the root; the root itself is the empty name."""
    return f"{folder}/{child}" if folder else child


def subfolders(folder: Path) -> list[str]:
    """Names of the folders in a folder, in order; none where it cannot be read. Links are not followed."""
    try:
        with os.scandir(folder) as items:
            return sorted(
                item.name for item in items if item.name != STATE_FOLDER and item.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def run_folders(root: Path, folder: str = "", depth: int = 0) -> Iterator[str]:
    """Every folder that is a run, in any layout: it holds a record or a journal, or lies where runs lie."""
    for child in subfolders(root / folder):
        path = join(folder, child)
        is_run = any(stamp(root / path / name) is not None for name in (RECORD_NAME, JOURNAL_NAME))
        if is_run or depth + 1 == DEEPEST_RUN:
            yield path
        else:
            yield from run_folders(root, path, depth + 1)


def _is_old(folder: Path) -> bool:
    """True when a further change would give the folder another stamp: clocks of file systems tick slowly."""
    return time.time_ns() - folder.stat().st_mtime_ns > SLOWEST_TICK_NANOSECONDS


_ENDINGS: dict[JobPhase | None, tuple[RunStatus, str]] = {
    None: ("interrupted", "The process was killed"),
    "submitting": ("unknown", "The process was killed while it submitted a job, which the provider may have"),
    "submitted": ("interrupted", "The process was killed; its job goes on at the provider"),
    "settled": ("interrupted", "The process was killed"),
}


def _folders_without_record(task_folder: Path) -> Iterator[RunFolder]:
    for name in subfolders(task_folder):
        folder = RunFolder(task_folder / name)
        if folder.journal.exists() and not folder.record.exists():
            yield folder


def _killed_run(folder: RunFolder, failure: Failure | None) -> Run | None:
    """The run that the journal announced, as it ended; None when the journal holds no start."""
    events = read_events(folder.journal)
    if not events or events[0].event != "started":
        return None
    run = Run.model_validate(events[0].data)
    log = JobLog(folder.journal)
    seconds = max(0.0, (events[-1].at - run.inference.timestamp).total_seconds())
    ending = ("failed", failure.message) if failure and log.phase != "submitting" else _ENDINGS[log.phase]
    update = {"status": ending[0], "error": ending[1], "duration_seconds": seconds}
    return run.model_copy(
        update={"inference": run.inference.model_copy(update=update), "cost": log.cost_beside(run.cost)}
    )
