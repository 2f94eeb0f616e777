"""Finding the jobs of an output tree again: which runs have one, and how far it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from vmevalkit.errors import IncompatibleRecordError
from vmevalkit.records.job import JobEntry
from vmevalkit.records.run import Run
from vmevalkit.store.job_log import JobLog
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run
from vmevalkit.store.tree import OutputTree, run_folders, subfolders


@dataclass(frozen=True)
class RunWithJob:
    """A run for which a job was submitted, or was about to be."""

    folder: RunFolder
    """Where it is."""
    run: Run
    """Its record, or what was announced of it where it has none yet."""
    log: JobLog
    """Its job."""

    @property
    def is_recorded(self) -> bool:
        """True when the run has a record."""
        return self.folder.record.exists()


def run_with_job(folder: RunFolder) -> RunWithJob | None:
    """The run in a folder; None where no job was ever about to be submitted."""
    log = JobLog(folder.journal)
    if log.job is None or log.announced is None:
        return None
    try:
        run = read_run(folder.record) if folder.record.exists() else Run.model_validate(log.announced)
    except (IncompatibleRecordError, ValidationError):
        return None
    return RunWithJob(folder, run, log)


def runs_with_open_job(task_folder: Path, identity: str) -> list[RunWithJob]:
    """The runs with this identity whose job is open still, oldest first: those to go on with before a new one."""
    found = (run_with_job(RunFolder(task_folder / name)) for name in subfolders(task_folder))
    runs = [each for each in found if each and each.run.identity == identity and each.log.open_job is not None]
    return sorted(runs, key=lambda each: each.run.inference.timestamp)


def job_entries(tree: OutputTree) -> Iterator[JobEntry]:
    """Every job of a tree, ordered by folder."""
    for folder in run_folders(tree.layout.root):
        found = run_with_job(RunFolder(tree.layout.root / folder))
        if found is not None:
            yield entry_of(found, folder)


def entry_of(found: RunWithJob, folder: str) -> JobEntry:
    """The job of a run as it is listed; `folder` is the run's, relative to the output root."""
    log, run = found.log, found.run
    if log.job is None or log.phase is None or log.since is None:
        raise ValueError(f"{folder} has no job")
    over = run.inference.status == "success"  # killed between record and journal
    return JobEntry(
        folder=folder,
        run_id=run.inference.run_id,
        identity=run.identity,
        model=run.inference.model,
        task_id=run.input.question_id,
        job=log.job,
        phase="settled" if over else log.phase,
        state="succeeded" if over else log.state,
        since=log.since,
        cost=log.cost_beside(run.cost),
    )
