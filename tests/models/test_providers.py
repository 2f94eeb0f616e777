"""What every provider's model does, whoever the provider is; its emulator counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vmevalkit.media.probe import probe
from vmevalkit.models.catalog.reader import load_wrapper, providers
from vmevalkit.records.job import Job
from vmevalkit.testing.emulators.registry import EMULATORS

PROVIDERS = sorted(EMULATORS.names())
INLINE = {"vertex"}
"""Providers whose answer holds the video itself."""
FETCHING = [name for name in PROVIDERS if name not in INLINE]
BLIND = [name for name in PROVIDERS if not providers()[name].finds_jobs]
"""Providers that cannot look up a job by our own id."""
SEEING = [name for name in PROVIDERS if providers()[name].finds_jobs]

Start = Callable[..., Any]


def fault(phase: str, kind: str, times: int = 1) -> dict[str, Any]:
    return {"faults": [{"phase": phase, "kind": kind, "times": times}]}


def failure_type(result: Any) -> str:
    return str(result["metadata"]["failure"]["type"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_video_is_made_and_the_key_goes_to_the_provider_only(client: Start, provider: str) -> None:
    found = client(provider, job_seconds=0.05)
    result = found.generate()
    assert result["error"] is None
    assert probe(result["video_path"]).frame_count == 12
    assert (len(found.emulator.jobs), found.emulator.leaked_keys) == (1, 0)
    assert found.log.phase == "submitted"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_catalog_and_adapter_agree_on_looking_up_jobs(client: Start, provider: str) -> None:
    adapter = client(provider).wrapper.service.adapter
    found = adapter.find(Job(provider=provider, model="any"))
    assert (found is not None) == providers()[provider].finds_jobs


def test_wrapper_by_itself_makes_a_video_for_each_call(client: Start) -> None:
    found = client("runway")
    wrapper = load_wrapper(found.model)(found.model.model, found.folder, **found.model.args)
    ids = {wrapper.generate(found.picture, prompt, 5.0)["generation_id"] for prompt in ("One", "Two")}
    assert len(ids) == len(found.emulator.jobs) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_key_is_written_down(client: Start, provider: str) -> None:
    found = client(provider)
    result = found.generate()
    told = str(result) + found.journal.read_text()
    assert not any(secret in told for secret in found.wrapper.service.adapter.secrets)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("kind", ["rate_limited", "unavailable"])
def test_submit_that_was_turned_away_is_tried_again(client: Start, provider: str, kind: str) -> None:
    found = client(provider, faults=[{"phase": "submit", "kind": kind, "times": 2, "retry_after": 0}])
    assert found.generate()["success"]
    assert (len(found.emulator.jobs), found.emulator.requests["submit"]) == (1, 3)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_storm_of_rate_limits_ends_and_costs_nothing(client: Start, provider: str) -> None:
    found = client(provider, faults=[{"phase": "submit", "kind": "rate_limited", "times": -1, "retry_after": 0}])
    assert failure_type(found.generate()) == "RateLimitedError"
    assert found.emulator.requests["submit"] == 20
    assert found.log.cost.amount == 0


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("unauthenticated", "AuthenticationError"),
        ("expired_key", "AuthenticationError"),
        ("no_credit", "QuotaExhaustedError"),
        ("refused", "ContentRefusedError"),
        ("invalid", "RequestRejectedError"),
        ("gone", "ModelGoneError"),
    ],
)
def test_refused_submit_is_an_error_of_its_own_and_not_repeated(
    client: Start, provider: str, kind: str, expected: str
) -> None:
    found = client(provider, **fault("submit", kind, -1))
    result = found.generate()
    assert failure_type(result) == expected
    assert result["status"] == ("refused" if kind == "refused" else "failed")
    assert found.emulator.requests["submit"] == 1
    assert found.log.open_job is None


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("fail", "JobFailedError"), ("refuse", "ContentRefusedError"), ("cancel", "JobFailedError")],
)
def test_job_that_ends_without_a_video_says_how(client: Start, provider: str, outcome: str, expected: str) -> None:
    found = client(provider, outcome=outcome)
    assert failure_type(found.generate()) == expected
    assert found.log.state not in {None, "succeeded"}


@pytest.mark.parametrize("provider", BLIND)
@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "html"])
def test_submit_without_a_clear_answer_is_unknown_and_not_repeated(client: Start, provider: str, kind: str) -> None:
    found = client(provider, **fault("submit", kind, -1))
    result = found.generate()
    assert (result["status"], failure_type(result)) == ("unknown", "SubmitUnknownError")
    assert found.emulator.requests["submit"] == 1
    assert found.log.phase == "submitting"


@pytest.mark.parametrize("provider", SEEING)
@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "html"])
def test_submit_without_a_clear_answer_is_looked_up(client: Start, provider: str, kind: str) -> None:
    found = client(provider, **fault("submit", kind))
    assert found.generate()["success"]
    assert len(found.emulator.jobs) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "server_error", "rate_limited", "html"])
def test_poll_that_goes_wrong_is_repeated(client: Start, provider: str, kind: str) -> None:
    found = client(provider, **fault("poll", kind, 3))
    assert found.generate()["success"]
    assert len(found.emulator.jobs) == 1


@pytest.mark.parametrize("provider", FETCHING)
@pytest.mark.parametrize("kind", ["truncated", "cut_before", "redirect", "server_error", "expired"])
def test_download_that_goes_wrong_is_gone_on_with(client: Start, provider: str, kind: str) -> None:
    found = client(provider, **fault("fetch", kind))
    assert probe(found.generate()["video_path"]).frame_count == 12


@pytest.mark.parametrize("provider", FETCHING)
def test_page_in_place_of_a_video_is_no_video(client: Start, provider: str) -> None:
    found = client(provider, **fault("fetch", "html", -1))
    assert failure_type(found.generate()) == "UnexpectedReplyError"
    assert not list(found.folder.glob("*.mp4"))


@pytest.mark.parametrize("provider", FETCHING)
def test_video_that_is_no_longer_kept_is_an_error_of_its_own(client: Start, provider: str) -> None:
    found = client(provider, **fault("fetch", "expired", -1))
    assert failure_type(found.generate()) == "VideoExpiredError"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_job_left_by_a_killed_process_is_adopted(client: Start, provider: str) -> None:
    found = client(provider, **fault("poll", "cut_before", -1))
    assert failure_type(found.generate()) == "ProviderUnavailableError"
    found.emulator.faults_left.clear()
    assert found.generate()["success"]
    assert len(found.emulator.jobs) == 1


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name not in {"gemini", "vertex"}])
def test_unknown_state_is_an_error_and_leaves_the_job_open(client: Start, provider: str) -> None:
    found = client(provider, outcome="unknown_state")
    assert failure_type(found.generate()) == "UnexpectedReplyError"
    assert found.log.open_job is not None


@pytest.mark.parametrize("provider", PROVIDERS)
def test_cancelled_job_is_ended_where_the_provider_can_be_told(client: Start, provider: str) -> None:
    found = client(provider, **fault("poll", "unauthenticated", -1), job_seconds=60)
    found.generate()
    found.emulator.faults_left.clear()
    assert found.wrapper.cancel() == any(job.cancelled for job in found.emulator.jobs.values())
