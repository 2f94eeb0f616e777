from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError, ModelRetiredError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.limits import check_lifecycle, check_parameters
from vmevalkit.models.openai_inference import OpenAiAdapter, OpenAiWrapper
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.openai import OpenAiEmulator

JOB = Job(provider="openai", model="sora-2", id="a/b")


@pytest.fixture
def emulator() -> Iterator[OpenAiEmulator]:
    with OpenAiEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (640, 640), "red").save(path)
    return path


def made(emulator: OpenAiEmulator, picture: Path, model: str = "sora-2", **given: Any) -> GenerationResult:
    wrapper = OpenAiWrapper(model, picture.parent, api_key=emulator.key, base_url=emulator.base_url)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper.generate(picture, "The door opens", 8.0, **given)


def sent_picture(picture: Path, **given: Any) -> Image.Image:
    request = Request(picture, "go", picture.with_name("video.mp4"), 4.0, given)
    order = OpenAiAdapter("sora-2", api_key="k").order(request, JOB)
    return Image.open(io.BytesIO(order.call.files["input_reference"].content))


def test_form_is_as_openai_wants_it(emulator: OpenAiEmulator, picture: Path) -> None:
    result = made(emulator, picture, "sora-2-pro", size="1792x1024", fit=None)
    (job,) = emulator.jobs.values()
    parameters = {"seconds": "8", "size": "1792x1024"}
    form = {"prompt": "The door opens", "model": "sora-2-pro", **parameters}
    assert job.body == {**form, "has_picture": True}
    assert result["metadata"]["sent"] == parameters


def test_content_comes_from_the_api_with_the_key(emulator: OpenAiEmulator, picture: Path) -> None:
    result = made(emulator, picture)
    assert Path(str(result["video_path"])).read_bytes() == clip()
    assert result["metadata"]["video_url"] == f"{emulator.base_url}/videos/{result['generation_id']}/content"
    assert emulator.leaked_keys == 0


@pytest.mark.parametrize(
    ("size", "video"), [((640, 360), (1280, 720)), ((64, 64), (1280, 720)), ((300, 400), (720, 1280))]
)
def test_video_takes_the_usual_size_closest_to_the_picture(
    tmp_path: Path, size: tuple[int, int], video: tuple[int, int]
) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "a.png")
    assert sent_picture(tmp_path / "a.png").size == video


@pytest.mark.parametrize(("fit", "corner"), [("pad", "white"), ("crop", "red"), ("stretch", "red")])
def test_picture_is_fitted_as_asked_and_recorded(
    emulator: OpenAiEmulator, picture: Path, fit: str, corner: str
) -> None:
    image = sent_picture(picture, fit=fit, size="1280x720")
    assert image.size == (1280, 720)
    assert image.getpixel((0, 0)) == Image.new("RGB", (1, 1), corner).getpixel((0, 0))
    (transform,) = made(emulator, picture, fit=fit)["metadata"]["input_transforms"]
    assert (transform["operation"], transform["before"]) == (fit, {"width": 640, "height": 640})


def test_picture_that_fits_is_sent_as_it_is(picture: Path) -> None:
    Image.linear_gradient("L").resize((720, 1280)).save(picture)
    request = Request(picture, "go", picture.with_name("video.mp4"), 4.0, {"fit": "none"})
    order = OpenAiAdapter("sora-2", api_key="k").order(request, JOB)
    assert order.call.files["input_reference"].content == picture.read_bytes()
    assert order.transforms == ()


@pytest.mark.parametrize(("given", "said"), [({"fit": "none"}, "640 x 640 pixels"), ({"size": "999x9"}, "size 999x9")])
def test_nothing_is_sent_that_openai_does_not_take(
    emulator: OpenAiEmulator, picture: Path, given: dict[str, str], said: str
) -> None:
    result = made(emulator, picture, **given)
    assert result["metadata"]["failure"]["type"] == "InvalidRequestError"
    assert said in str(result["error"])
    assert not emulator.requests


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
    with OpenAiEmulator(Behaviour(faults=(fault,))) as emulator:
        result = made(emulator, picture)
        assert result["metadata"]["failure"]["type"] == error
        assert (len(emulator.jobs), emulator.requests["submit"]) == (0, 1)


@pytest.mark.parametrize(
    ("status", "code", "message", "error"),
    [
        (400, "content_policy_violation", "No", "ContentRefusedError"),
        (400, "invalid_value", "Blocked by our moderation system", "ContentRefusedError"),
        (400, "model_not_found", "The model sora-2 does not exist", "ModelGoneError"),
        (403, "forbidden", "Your organization must be verified", "AuthenticationError"),
        (429, "rate_limit_exceeded", "Slow down", "RateLimitedError"),
        (429, "insufficient_quota", "Check your plan", "QuotaExhaustedError"),
        (503, "moderation_blocked", "Overloaded", "ProviderUnavailableError"),
    ],
)
def test_answers_are_told_apart(status: int, code: str, message: str, error: str) -> None:
    body = f'{{"error": {{"message": "{message}", "type": "t", "param": null, "code": "{code}"}}}}'
    answer = OpenAiAdapter("sora-2", api_key="k").error(Reply(status, {}, body))
    assert type(answer).__name__ == error
    assert message in str(answer)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, "<html>Not found</html>", "ModelGoneError"),
        (500, "", "ProviderUnavailableError"),
        (400, '{"error": "just a text"}', "RequestRejectedError"),
        (401, "[]", "AuthenticationError"),
    ],
)
def test_answers_of_another_shape_go_by_their_status(status: int, body: str, error: str) -> None:
    assert type(OpenAiAdapter("sora-2", api_key="k").error(Reply(status, {}, body))).__name__ == error


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ('{"code": "moderation_blocked", "message": "No"}', ("refused", "ContentRefusedError")),
        ('{"code": "failed", "message": "Stopped by our moderation"}', ("refused", "ContentRefusedError")),
        ('{"code": "insufficient_quota", "message": "No"}', ("failed", "QuotaExhaustedError")),
        ('{"code": "internal_error", "message": "No"}', ("failed", "JobFailedError")),
        ("null", ("failed", "JobFailedError")),
    ],
)
def test_failed_videos_are_told_apart(fault: str, expected: tuple[str, str]) -> None:
    status = OpenAiAdapter("sora-2", api_key="k").status(
        JOB, Reply(200, {}, f'{{"status": "failed", "error": {fault}}}')
    )
    assert (status.state, type(status.error).__name__) == expected


def test_progress_is_a_share() -> None:
    reply = Reply(200, {}, '{"status": "in_progress", "progress": 40}')
    assert OpenAiAdapter("sora-2", api_key="k").status(JOB, reply).progress == 0.4


@pytest.mark.parametrize("body", ['{"status": "succeeded"}', '{"status": "cancelled"}', "[]", "{}"])
def test_unknown_state_is_no_guess(body: str) -> None:
    with pytest.raises(UnexpectedReplyError, match="queued, in_progress, completed, failed"):
        OpenAiAdapter("sora-2", api_key="k").status(JOB, Reply(200, {}, body))


def test_video_that_expired_says_so(picture: Path) -> None:
    with OpenAiEmulator(Behaviour(faults=(Fault(phase="fetch", kind="expired", times=-1),))) as emulator:
        assert made(emulator, picture)["metadata"]["failure"]["type"] == "VideoExpiredError"


def test_jobs_cannot_be_cancelled() -> None:
    adapter = OpenAiAdapter("sora-2", api_key="k")
    assert adapter.cancel(JOB) is None
    assert adapter.poll(JOB) == Call("GET", "videos/a%2Fb")


@pytest.mark.parametrize("key", ["openai-sora-2", "openai-sora-2-pro"])
def test_sora_is_retired_without_a_successor(key: str) -> None:
    with pytest.raises(ModelRetiredError, match="2026-09-24") as caught:
        check_lifecycle(catalog().get(key))
    assert caught.value.successor is None


def test_only_pro_makes_the_larger_sizes() -> None:
    check_parameters(catalog().get("openai-sora-2-pro"), {"size": "1024x1792", "fit": "crop"})
    with pytest.raises(InvalidRequestError, match="one of 1280x720, 720x1280"):
        check_parameters(catalog().get("openai-sora-2"), {"size": "1024x1792"})
