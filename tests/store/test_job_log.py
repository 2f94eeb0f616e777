from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.records.generation import Cost
from vmevalkit.records.job import Job
from vmevalkit.store.job_log import JobLog

JOB = Job(provider="runway", model="gen4_turbo")
TOLD = JOB.model_copy(update={"id": "job-1"})
CENTS = Cost(amount=0.25, source="provider")


@pytest.fixture(params=["journal", "memory"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> JobLog:
    return JobLog(tmp_path / "journal.jsonl" if request.param == "journal" else None)


def test_new_log_knows_of_no_job(log: JobLog) -> None:
    assert (log.job, log.phase, log.open_job, log.state, log.cost) == (None,) * 5


def test_job_is_open_from_before_its_submit_until_it_is_settled(log: JobLog) -> None:
    log.submitting(JOB)
    assert (log.phase, log.open_job) == ("submitting", JOB)
    log.submitted(TOLD)
    assert (log.phase, log.open_job) == ("submitted", TOLD)
    log.ended("succeeded", CENTS)
    assert (log.phase, log.open_job, log.state, log.cost) == ("submitted", TOLD, "succeeded", CENTS)
    log.settle()
    assert (log.phase, log.open_job, log.state, log.cost) == ("settled", None, "succeeded", CENTS)


def test_job_that_was_turned_away_costs_nothing(log: JobLog) -> None:
    log.submitting(JOB)
    log.turned_away()
    assert (log.phase, log.cost) == ("settled", Cost(amount=0.0, source="free"))


def test_next_job_begins_anew(log: JobLog) -> None:
    log.submitting(JOB)
    log.turned_away()
    log.submitting(JOB)
    assert (log.phase, log.state, log.cost) == ("submitting", None, None)


def test_another_process_reads_the_same(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "journal.jsonl")
    log.submitting(JOB)
    log.submitted(TOLD)
    assert JobLog(tmp_path / "journal.jsonl").open_job == TOLD
