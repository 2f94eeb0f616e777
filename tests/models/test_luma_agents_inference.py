from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.limits import check_duration, check_parameters
from vmevalkit.models.luma_agents_inference import LumaAgentsAdapter, LumaAgentsWrapper
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.luma_agents import LumaAgentsEmulator

JOB = Job(provider="luma-agents", model="ray-3.2", id="a/b")


@pytest.fixture
def emulator() -> Iterator[LumaAgentsEmulator]:
    with LumaAgentsEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (640, 360), "red").save(path)
    return path


def made(emulator: LumaAgentsEmulator, picture: Path, duration: float | None = 5.0, **given: Any) -> GenerationResult:
    wrapper = LumaAgentsWrapper("ray-3.2", picture.parent, api_key=emulator.key, base_url=emulator.base_url)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper.generate(picture, "The door opens", duration, **given)


def status_of(body: str) -> tuple[str, str]:
    status = LumaAgentsAdapter("ray-3.2", api_key="k").status(JOB, Reply(200, {}, body))
    return status.state, type(status.error).__name__


def test_request_is_as_luma_wants_it(emulator: LumaAgentsEmulator, picture: Path) -> None:
    result = made(emulator, picture, resolution="540p", loop=True, aspect_ratio="16:9")
    (job,) = emulator.jobs.values()
    video = {"resolution": "540p", "loop": True, "duration": "5s"}
    frame = {"data": base64.b64encode(picture.read_bytes()).decode(), "media_type": "image/png"}
    assert job.body == {
        "model": "ray-3.2",
        "type": "video",
        "prompt": "The door opens",
        "aspect_ratio": "16:9",
        "video": {**video, "start_frame": frame},
    }
    assert result["metadata"]["sent"] == {"type": "video", "aspect_ratio": "16:9", "video": video}


def test_luma_decides_what_the_caller_leaves_open(emulator: LumaAgentsEmulator, picture: Path) -> None:
    made(emulator, picture, None, resolution=None)
    (job,) = emulator.jobs.values()
    assert set(job.body) == {"model", "type", "prompt", "video"}
    assert set(job.body["video"]) == {"start_frame"}


def test_ten_seconds_begin_at_a_guide_frame(emulator: LumaAgentsEmulator, picture: Path) -> None:
    assert made(emulator, picture, 10)["success"]
    (job,) = emulator.jobs.values()
    assert job.body["video"]["duration"] == "10s"
    assert job.body["video"]["keyframe_indexes"] == [0]
    assert base64.b64decode(job.body["video"]["keyframes"][0]["data"]) == picture.read_bytes()
    assert "start_frame" not in job.body["video"]


def test_ten_seconds_cannot_loop(picture: Path) -> None:
    request = Request(picture, "go", picture.with_name("video.mp4"), 10.0, {"loop": True})
    with pytest.raises(InvalidRequestError, match="5 seconds"):
        LumaAgentsAdapter("ray-3.2", api_key="k").order(request, JOB)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthenticated", "AuthenticationError"),
        ("no_credit", "QuotaExhaustedError"),
        ("refused", "ContentRefusedError"),
        ("invalid", "RequestRejectedError"),
        ("gone", "ModelGoneError"),
    ],
)
def test_refused_submits_have_their_own_errors(picture: Path, kind: str, error: str) -> None:
    fault = Fault.model_validate({"phase": "submit", "kind": kind})
    with LumaAgentsEmulator(Behaviour(faults=(fault,))) as emulator:
        result = made(emulator, picture)
        assert result["metadata"]["failure"]["type"] == error
        assert (len(emulator.jobs), emulator.requests["submit"]) == (0, 1)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, '{"detail": "Account suspended"}', "AuthenticationError"),
        (413, '{"detail": "Input media exceeds the size limit"}', "RequestRejectedError"),
        (429, '{"detail": "Rate limit exceeded"}', "RateLimitedError"),
        (502, "<html>Bad gateway</html>", "ProviderUnavailableError"),
        (422, '{"detail": [{"msg": "moderately wrong"}]}', "RequestRejectedError"),
    ],
)
def test_answers_are_told_apart(status: int, body: str, error: str) -> None:
    answer = LumaAgentsAdapter("ray-3.2", api_key="k").error(Reply(status, {}, body))
    assert type(answer).__name__ == error


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('"content_moderated"', ("refused", "ContentRefusedError")),
        ('"budget_exhausted"', ("failed", "QuotaExhaustedError")),
        ('"image_too_large"', ("failed", "RequestRejectedError")),
        ('"unsupported_format"', ("failed", "RequestRejectedError")),
        ('"corrupt_input"', ("failed", "RequestRejectedError")),
        ('"invalid_request"', ("failed", "RequestRejectedError")),
        ('"generation_failed"', ("failed", "JobFailedError")),
        ('"output_not_found"', ("failed", "JobFailedError")),
        ('"rate_limited"', ("failed", "JobFailedError")),
        ('"a_new_code"', ("failed", "JobFailedError")),
        ("null", ("failed", "JobFailedError")),
    ],
)
def test_failure_codes_have_their_own_errors(code: str, expected: tuple[str, str]) -> None:
    assert status_of(f'{{"state": "failed", "failure_code": {code}, "failure_reason": null}}') == expected


def test_failure_quotes_code_and_reason() -> None:
    reply = Reply(200, {}, '{"state": "failed", "failure_code": "generation_failed", "failure_reason": "No luck"}')
    status = LumaAgentsAdapter("ray-3.2", api_key="k").status(JOB, reply)
    assert "generation_failed: No luck" in str(status.error)


@pytest.mark.parametrize("body", ['{"state": "dreaming"}', "[]", "{}"])
def test_unknown_state_is_no_guess(body: str) -> None:
    with pytest.raises(UnexpectedReplyError, match="queued, processing, completed, failed"):
        status_of(body)


@pytest.mark.parametrize(
    ("output", "video"),
    [
        ('[{"type": "exr", "url": "https://a/b.exr"}, {"type": "video", "url": "https://a/b.mp4"}]', "https://a/b.mp4"),
        ('[{"type": "image", "url": "https://a/b.png"}]', None),
        ("[]", None),
        ("null", None),
    ],
)
def test_video_is_the_output_of_that_type(output: str, video: str | None) -> None:
    reply = Reply(200, {}, f'{{"state": "completed", "output": {output}}}')
    status = LumaAgentsAdapter("ray-3.2", api_key="k").status(JOB, reply)
    assert status.video == (Call("GET", video) if video else None)


def test_jobs_cannot_be_cancelled() -> None:
    adapter = LumaAgentsAdapter("ray-3.2", api_key="k")
    assert adapter.cancel(JOB) is None
    assert adapter.poll(JOB) == Call("GET", "generations/a%2Fb")


def test_catalog_knows_what_ray_takes() -> None:
    model = catalog().get("luma-ray-3.2")
    check_parameters(model, {"resolution": "360p", "aspect_ratio": "21:9", "loop": False})
    check_duration(model, 10.0)
    with pytest.raises(InvalidRequestError, match="one of 5, 10 seconds"):
        check_duration(model, 9.0)
