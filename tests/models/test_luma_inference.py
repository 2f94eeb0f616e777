from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from boto3.session import Session  # type: ignore[import-untyped]  # it ships no types
from moto.server import ThreadedMotoServer
from PIL import Image

from vmevalkit.errors import InvalidRequestError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.limits import check_duration, check_parameters
from vmevalkit.models.luma_inference import LumaAdapter, LumaWrapper
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.luma import LumaEmulator

JOB = Job(provider="luma", model="ray-2", id="a/b")
ADDRESS = "https://pictures.example/first_frame.png"
SIGNED = f"{ADDRESS}?signature=secret"


@pytest.fixture
def emulator() -> Iterator[LumaEmulator]:
    with LumaEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (640, 360), "red").save(path)
    return path


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An S3 server with a bucket, which the environment leads to."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    address = f"http://127.0.0.1:{moto.get_host_and_port()[1]}"
    for name, value in {
        "S3_BUCKET": "pictures",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "a-secret",
    }.items():
        monkeypatch.setenv(name, value)
    Session().client("s3", endpoint_url=address).create_bucket(Bucket="pictures")
    yield
    moto.stop()


def made(emulator: LumaEmulator, picture: Path, **given: Any) -> GenerationResult:
    wrapper = LumaWrapper("ray-2", picture.parent, api_key=emulator.key, base_url=emulator.base_url)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper.generate(picture, "The door opens", 5.0, **given)


def ordered(picture: Path, duration: float | None = 5.0, **given: Any) -> dict[str, Any]:
    request = Request(picture, "The door opens", picture.with_name("video.mp4"), duration, given)
    return dict(LumaAdapter("ray-2", api_key="k").order(request, JOB).call.json or {})


def failure_of(result: GenerationResult) -> str:
    return str(result["metadata"]["failure"]["type"])


def test_request_is_as_luma_wants_it(emulator: LumaEmulator, picture: Path) -> None:
    result = made(emulator, picture, image_url=SIGNED, resolution="720p", loop=False, concepts=None)
    (job,) = emulator.jobs.values()
    parameters = {"aspect_ratio": "16:9", "duration": "5s", "resolution": "720p", "loop": False}
    frame = {"frame0": {"type": "image", "url": SIGNED}}
    assert job.body == {"model": "ray-2", "prompt": "The door opens", "keyframes": frame, **parameters}
    assert result["metadata"]["sent"] == parameters
    replaced = {"target": "first_frame", "operation": "replace", "before": {"width": 640, "height": 360}}
    assert result["metadata"]["input_transforms"] == [{**replaced, "after": {"address": ADDRESS}}]


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((640, 360), "16:9"), ((64, 64), "1:1"), ((300, 400), "3:4"), ((210, 90), "21:9"), ((100, 240), "9:21")],
)
def test_video_takes_the_shape_closest_to_the_pictures(tmp_path: Path, size: tuple[int, int], ratio: str) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    assert ordered(tmp_path / "a.png", image_url=ADDRESS)["aspect_ratio"] == ratio
    assert ordered(tmp_path / "a.png", image_url=ADDRESS, aspect_ratio="4:3")["aspect_ratio"] == "4:3"


@pytest.mark.parametrize(("duration", "text"), [(5.0, "5s"), (9, "9s"), (5.5, "5.5s"), (None, None)])
def test_duration_is_not_rounded(picture: Path, duration: float | None, text: str | None) -> None:
    assert ordered(picture, duration, image_url=ADDRESS).get("duration") == text


@pytest.mark.parametrize(
    "address",
    [
        ADDRESS.replace("s:", ":"),
        "data:image/png;base64,AAAA",
        "a.png",
        "https://",
        "https://[",
        "https://me:key@a.b",
        3,
    ],
)
def test_address_that_is_none_is_refused_here(picture: Path, address: object) -> None:
    with pytest.raises(InvalidRequestError, match="image_url is no web address"):
        ordered(picture, image_url=address)


def test_request_is_checked_without_an_upload(picture: Path) -> None:
    adapter = LumaAdapter("ray-2", api_key="k")
    adapter.check_request(Request(picture, "Go", picture))
    with pytest.raises(InvalidRequestError, match="image_url"):
        adapter.check_request(Request(picture, "Go", picture, parameters={"image_url": "a.png"}))


@pytest.mark.filterwarnings("ignore:Boto3 will no longer support Python")
def test_picture_is_uploaded_where_no_address_is_given(emulator: LumaEmulator, picture: Path, bucket: None) -> None:
    assert made(emulator, picture)["success"]
    (job,) = emulator.jobs.values()
    assert httpx.get(job.body["keyframes"]["frame0"]["url"]).content == picture.read_bytes()


def test_nothing_is_sent_when_the_picture_cannot_be_uploaded(emulator: LumaEmulator, picture: Path) -> None:
    result = made(emulator, picture)
    assert failure_of(result) == "MissingCredentialError"
    assert "S3_BUCKET" in str(result["error"])
    assert not emulator.requests


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unauthenticated", "AuthenticationError"),
        ("expired_key", "AuthenticationError"),
        ("no_credit", "QuotaExhaustedError"),
        ("refused", "ContentRefusedError"),
        ("invalid", "RequestRejectedError"),
        ("gone", "ModelGoneError"),
    ],
)
def test_refused_submits_have_their_own_errors(picture: Path, kind: str, error: str) -> None:
    fault = Fault.model_validate({"phase": "submit", "kind": kind})
    with LumaEmulator(Behaviour(faults=(fault,))) as emulator:
        result = made(emulator, picture, image_url=ADDRESS)
        assert failure_of(result) == error
        assert result["metadata"]["failure"]["request_id"]
        assert (len(emulator.jobs), emulator.requests["submit"]) == (0, 1)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (422, '{"detail": [{"loc": ["body", "duration"], "msg": "field required"}]}', "RequestRejectedError"),
        (400, '{"detail": "400: concepts are not supported for this model"}', "RequestRejectedError"),
        (400, '{"detail": "Contains blacklisted words"}', "ContentRefusedError"),
        (403, '{"detail": "Not enough credits"}', "QuotaExhaustedError"),
        (429, '{"detail": "Too many requests"}', "RateLimitedError"),
        (403, "<html>Blocked, whatever your credit</html>", "AuthenticationError"),
        (502, '{"detail": "moderation is out of order"}', "ProviderUnavailableError"),
        (400, "", "RequestRejectedError"),
    ],
)
def test_answers_are_told_apart(status: int, body: str, error: str) -> None:
    answer = LumaAdapter("ray-2", api_key="k").error(Reply(status, {}, body))
    assert type(answer).__name__ == error
    assert "concepts" not in body or "concepts are not supported" in str(answer)


@pytest.mark.parametrize(
    ("reason", "state", "error"),
    [
        ('"Advanced moderation failed"', "refused", "ContentRefusedError"),
        ('"Frame moderation failed"', "refused", "ContentRefusedError"),
        ('"Contains blacklisted words"', "refused", "ContentRefusedError"),
        ('"400: failed to moderate image"', "failed", "RequestRejectedError"),
        ('"Failed to read user input frames"', "failed", "RequestRejectedError"),
        ('"Prompt processing failed"', "failed", "JobFailedError"),
        ("null", "failed", "JobFailedError"),
    ],
)
def test_failed_generations_are_told_apart(reason: str, state: str, error: str) -> None:
    reply = Reply(200, {}, f'{{"state": "failed", "failure_reason": {reason}}}')
    status = LumaAdapter("ray-2", api_key="k").status(JOB, reply)
    assert (status.state, type(status.error).__name__) == (state, error)


@pytest.mark.parametrize("body", ['{"state": "pondering"}', '{"state": 3}', "[]", "{}"])
def test_unknown_state_is_no_guess(body: str) -> None:
    with pytest.raises(UnexpectedReplyError, match="queued, dreaming, completed, failed"):
        LumaAdapter("ray-2", api_key="k").status(JOB, Reply(200, {}, body))


def test_moderated_job_is_a_refused_run(picture: Path) -> None:
    with LumaEmulator(Behaviour(outcome="refuse")) as emulator:
        result = made(emulator, picture, image_url=ADDRESS)
        assert (result["status"], failure_of(result)) == ("refused", "ContentRefusedError")


def test_running_generation_is_deleted(picture: Path) -> None:
    with LumaEmulator(Behaviour(outcome="never_end")) as emulator:
        wrapper = LumaWrapper("ray-2", picture.parent, api_key=emulator.key, base_url=emulator.base_url)
        job = emulator.create({"model": "ray-2"})
        wrapper.attend(JobTerms())
        wrapper.service.log.submitted(Job(provider="luma", model="ray-2", id=job.id))
        assert wrapper.service.cancel()
        assert job.cancelled


def test_ids_cannot_leave_their_place_in_the_address() -> None:
    adapter = LumaAdapter("ray-2", api_key="k")
    assert adapter.poll(JOB) == Call("GET", "generations/a%2Fb")
    assert adapter.cancel(JOB) == Call("DELETE", "generations/a%2Fb")


@pytest.mark.parametrize("key", ["luma-ray-2", "luma-ray-flash-2"])
def test_catalog_knows_what_dream_machine_takes(key: str) -> None:
    model = catalog().get(key)
    check_parameters(model, {"resolution": "4k", "aspect_ratio": "9:21", "loop": True, "image_url": ADDRESS})
    check_duration(model, 9.0)
    with pytest.raises(InvalidRequestError, match="one of 540p, 720p, 1080p, 4k"):
        check_parameters(model, {"resolution": "8k"})
    with pytest.raises(InvalidRequestError, match="one of 5, 9 seconds"):
        check_duration(model, 8.0)
