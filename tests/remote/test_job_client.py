from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.errors import RateLimitedError, SubmitUnknownError, TimedOutError, UnknownJobError
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.clip import clip


def test_job_is_submitted_once_and_followed_to_its_end(speaker: Any, tmp_path: Path) -> None:
    found = speaker(job_seconds=0.05)
    job, status = found.submit_and_wait()
    found.run(found.client.fetch(job, status, tmp_path / "video.mp4"))
    assert (tmp_path / "video.mp4").read_bytes() == clip()
    assert found.log.phase == "submitted"


def test_job_that_never_ends_is_left_after_the_deadline(speaker: Any) -> None:
    found = speaker({"deadline_seconds": 0.05}, outcome="never_end")
    with pytest.raises(TimedOutError, match="jobs adopt") as caught:
        found.submit_and_wait()
    assert vars(caught.value)["retry"] == "never"
    assert found.log.open_job is not None


def test_wait_of_the_provider_counts(speaker: Any) -> None:
    found = speaker({"poll_seconds": 60.0}, job_seconds=0.1, poll_after=0.02)
    found.submit_and_wait()
    assert found.emulator.requests["poll"] >= 3


def test_own_wait_counts_where_the_provider_names_none(speaker: Any) -> None:
    found = speaker({"poll_seconds": 0.2}, job_seconds=0.3, poll_after=None)
    found.submit_and_wait()
    assert found.emulator.requests["poll"] <= 4


def test_job_that_the_provider_does_not_know_is_not_called_failed(speaker: Any) -> None:
    found = speaker()
    job = found.job.model_copy(update={"id": "of-another-account"})
    with pytest.raises(UnknownJobError, match="account"):
        found.run(found.client.follow(job))
    assert found.emulator.requests["poll"] == 4


def test_outage_in_the_words_of_a_proxy_leaves_the_submit_unknown(speaker: Any) -> None:
    found = speaker(faults=[{"phase": "submit", "kind": "bad_gateway"}])
    with pytest.raises(SubmitUnknownError):
        found.submit_and_wait()
    assert found.emulator.requests["submit"] == 1


def test_wait_of_no_time_at_all_is_no_answer(speaker: Any) -> None:
    found = speaker({"poll_seconds": 0.1}, job_seconds=0.3, poll_after=0.0)
    found.submit_and_wait()
    assert found.emulator.requests["poll"] <= 6


def test_wait_beyond_the_deadline_ends_at_the_deadline(speaker: Any) -> None:
    found = speaker({"deadline_seconds": 0.2}, outcome="never_end", poll_after=86400.0)
    with pytest.raises(TimedOutError):
        found.submit_and_wait()


def test_submit_is_not_held_back_for_days(speaker: Any) -> None:
    found = speaker(faults=[{"phase": "submit", "kind": "rate_limited", "retry_after": 86400}])
    with pytest.raises(RateLimitedError):
        found.submit_and_wait()
    assert found.log.cost.amount == 0


def test_job_that_is_not_known_everywhere_yet_is_waited_for(speaker: Any) -> None:
    found = speaker(faults=[{"phase": "poll", "kind": "gone", "times": 2}])
    assert found.submit_and_wait()[1].state == "succeeded"


def test_too_many_jobs_lower_the_limit_and_all_are_done(speaker: Any) -> None:
    found = speaker({"concurrency": 8}, concurrency=2, job_seconds=0.02)

    async def many() -> list[Any]:
        return await asyncio.gather(*(found.client.run(found.job, found.order, JobLog()) for _ in range(24)))

    assert [status.state for _, status in found.run(many())] == ["succeeded"] * 24
    assert (len(found.emulator.jobs), found.emulator.most_in_flight) == (24, 2)
    assert found.client.gate.limit < 8


def test_provider_that_cannot_look_up_jobs_says_so(speaker: Any) -> None:
    found = speaker()
    with pytest.raises(SubmitUnknownError, match="--resubmit-unknown"):
        found.run(found.client.find(found.job))
