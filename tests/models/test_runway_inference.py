from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError, ModelRetiredError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.limits import check_lifecycle
from vmevalkit.models.runway_inference import RunwayAdapter, RunwayWrapper
from vmevalkit.records.generation import Cost, GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.runway import RunwayEmulator

JOB = Job(provider="runway", model="gen4_turbo", id="a/b")
RATIOS = {
    model.model: model.parameters["ratio"].choices or ()
    for model in find_models(family="Runway ML")
    if "ratio" in model.parameters
}


@pytest.fixture
def emulator() -> Iterator[RunwayEmulator]:
    with RunwayEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.linear_gradient("L").resize((640, 380)).save(path)
    return path


def made(emulator: RunwayEmulator, picture: Path, model: str = "gen4_turbo", **given: Any) -> GenerationResult:
    wrapper = RunwayWrapper(model, picture.parent, api_key=emulator.key, base_url=emulator.base_url)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper.generate(picture, "go", 5.0, **given)


def ordered(
    picture: Path, model: str = "gen4_turbo", prompt: str = "go", duration: float | None = 5.0, **given: Any
) -> dict[str, Any]:
    request = Request(picture, prompt, picture.with_name("video.mp4"), duration, given)
    return dict(RunwayAdapter(model, api_key="k").order(request, JOB).call.json or {})


def content(uri: str) -> bytes:
    return base64.b64decode(uri.partition(";base64,")[2])


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize("model", ["gen4_turbo", "gen4.5"])
def test_a_picture_is_sent_with_prompt_ratio_duration_and_seed(
    emulator: RunwayEmulator, picture: Path, model: str
) -> None:
    result = made(emulator, picture, model, seed=7)
    body = next(iter(emulator.jobs.values())).body
    sent = {"ratio": "1280:720", "duration": 5, "seed": 7}
    assert Image.open(io.BytesIO(content(body.pop("promptImage")))).size == (1280, 720)
    assert body == {"model": model, "promptText": "go", **sent}
    assert result["metadata"]["sent"] == sent
    assert [each["operation"] for each in result["metadata"]["input_transforms"]] == ["pad"]


@pytest.mark.parametrize(
    ("size", "ratio"),
    [
        ((380, 640), "720:1280"),
        ((500, 500), "960:960"),
        ((400, 300), "1104:832"),
        ((300, 400), "832:1104"),
        ((2100, 900), "1584:672"),
    ],
)
def test_the_ratio_is_the_one_closest_to_the_picture(picture: Path, size: tuple[int, int], ratio: str) -> None:
    Image.new("RGB", size).save(picture)
    assert ordered(picture)["ratio"] == ratio


def test_a_ratio_that_is_asked_for_is_taken(picture: Path) -> None:
    body = ordered(picture, ratio="960:960", fit="crop")
    assert body["ratio"] == "960:960"
    assert Image.open(io.BytesIO(content(body["promptImage"]))).size == (960, 960)


def test_a_picture_of_the_right_size_is_sent_as_it_is(picture: Path) -> None:
    Image.new("RGB", (1280, 720)).save(picture)
    assert content(ordered(picture, fit="none")["promptImage"]) == picture.read_bytes()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ratio": "16:9"}, "ratio"),
        ({"fit": "none"}, "first_frame"),
        ({"duration": 5.5}, "duration"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"prompt": "x" * 1001}, "prompt"),
        ({"prompt": "\N{GRINNING FACE}" * 501}, "prompt"),
        ({"prompt": "", "model": "gen4.5"}, "prompt"),
    ],
)
def test_what_runway_does_not_take_is_refused_before_it_is_sent(
    picture: Path, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ordered(picture, **given)
    assert caught.value.field == field


def test_a_picture_too_long_for_a_data_uri_is_not_sent(emulator: RunwayEmulator, picture: Path) -> None:
    Image.frombytes("RGBA", (1584, 672), os.urandom(1584 * 672 * 4)).save(picture)
    result = made(emulator, picture)
    assert result["metadata"]["failure"]["type"] == "InvalidRequestError"
    assert "at most 5000000" in str(result["error"])
    assert not emulator.requests


def test_the_longest_prompt_in_utf_16_passes(picture: Path) -> None:
    assert len(ordered(picture, prompt="\N{GRINNING FACE}" * 500)["promptText"]) == 500


def test_no_prompt_is_left_out_where_the_model_can_do_without(picture: Path) -> None:
    assert "promptText" not in ordered(picture, prompt="")


def test_a_length_is_always_sent(picture: Path) -> None:
    assert ordered(picture, duration=None)["duration"] == 5


def test_moderation_is_set_in_runways_words(picture: Path) -> None:
    body = ordered(picture, public_figure_threshold="low")
    assert body["contentModeration"] == {"publicFigureThreshold": "low"}


def test_aleph_is_given_a_video_that_holds_the_picture(emulator: RunwayEmulator, picture: Path, tmp_path: Path) -> None:
    result = made(emulator, picture, "aleph2", seed=7)
    body = next(iter(emulator.jobs.values())).body
    path = tmp_path / "held.mp4"
    path.write_bytes(content(body.pop("videoUri")))
    assert body == {"model": "aleph2", "promptText": "go", "seed": 7}
    with av.open(str(path)) as video:
        frames = list(video.decode(video=0))
    first, last = (frames[number].to_ndarray(format="rgb24").astype(int) for number in (0, -1))
    gradient = np.asarray(Image.open(picture).convert("RGB").resize((1212, 720))).astype(int)
    assert (len(frames), first.shape) == (120, (720, 1280, 3))
    assert np.abs(first - last).mean() < 1
    assert np.abs(first[:, 34:1246] - gradient).mean() < 2
    hold = result["metadata"]["input_transforms"][1]
    assert (hold["operation"], hold["target"], hold["after"]["seconds"]) == ("hold", "first_frame", 5)


@pytest.mark.parametrize("model", RATIOS)
def test_every_ratio_of_the_catalog_is_taken(emulator: RunwayEmulator, picture: Path, model: str) -> None:
    for ratio in RATIOS[model]:
        assert made(emulator, picture, model, ratio=ratio)["success"]


@pytest.mark.parametrize(
    ("key", "successor"), [("runway-gen3a-turbo", "runway-gen4-turbo"), ("runway-gen4-aleph", "runway-aleph2")]
)
def test_models_that_were_switched_off_name_one_that_is_alive(key: str, successor: str) -> None:
    with pytest.raises(ModelRetiredError, match=f"2026-07-30.*Use {successor} instead"):
        check_lifecycle(catalog().get(key))
    assert catalog().get(successor).lifecycle == "active"


def issue(field: str) -> dict[str, Any]:
    issues = [{"code": "custom", "path": [field], "message": "is wrong"}]
    return {"error": "Validation of body failed", "issues": issues}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, issue("promptImage"), "RequestRejectedError"),
        (400, issue("model"), "ModelGoneError"),
        (400, {"error": "You do not have enough credits to run this task."}, "QuotaExhaustedError"),
        (400, {"error": "Blocked by content moderation"}, "ContentRefusedError"),
        (400, "<html>Bad request</html>", "RequestRejectedError"),
        (400, {"error": "x", "issues": ["y", {"path": None}]}, "RequestRejectedError"),
        (401, {"error": "Unauthorized"}, "AuthenticationError"),
        (404, {"error": "Not found"}, "ModelGoneError"),
        (405, {"error": "Method not allowed"}, "RequestRejectedError"),
        (429, {"error": "Too many requests"}, "RateLimitedError"),
        (502, "<html>Bad gateway</html>", "ProviderUnavailableError"),
        (503, {"error": "You do not have enough credits"}, "ProviderUnavailableError"),
    ],
)
def test_each_error_answer_has_its_type(status: int, body: object, kind: str) -> None:
    assert type(RunwayAdapter("gen4_turbo", api_key="k").error(reply(body, status))).__name__ == kind


def test_an_error_names_the_field_at_fault() -> None:
    assert "promptImage: is wrong" in str(RunwayAdapter("gen4_turbo").error(reply(issue("promptImage"), 400)))


@pytest.mark.parametrize(
    ("code", "state", "kind"),
    [
        ("SAFETY.INPUT.TEXT", "refused", "ContentRefusedError"),
        ("SAFETY.OUTPUT.VIDEO", "refused", "ContentRefusedError"),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", "refused", "ContentRefusedError"),
        ("INTERNAL.BAD_OUTPUT.CODE01", "failed", "JobFailedError"),
        ("INTERNAL", "failed", "JobFailedError"),
        ("INPUT_PREPROCESSING.INTERNAL", "failed", "JobFailedError"),
        ("ASSET.INVALID", "failed", "RequestRejectedError"),
        ("THIRD_PARTY.UNAVAILABLE", "failed", "JobFailedError"),
        (None, "failed", "JobFailedError"),
    ],
)
def test_each_failure_code_has_its_type(code: str | None, state: str, kind: str) -> None:
    body = {"status": "FAILED", "failure": "No.", "failureCode": code, "cost": {"credits": 25}}
    status = RunwayAdapter("gen4_turbo").status(JOB, reply(body))
    assert (status.state, type(status.error).__name__) == (state, kind)
    assert status.error is not None
    assert status.error.next_step
    assert status.cost == Cost(amount=0.25, source="provider")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"status": "PENDING"}, "queued"),
        ({"status": "THROTTLED"}, "queued"),
        ({"status": "RUNNING", "progress": 0.25}, "running"),
        ({"status": "CANCELLED"}, "cancelled"),
    ],
)
def test_each_state_has_its_meaning(body: dict[str, Any], state: str) -> None:
    status = RunwayAdapter("gen4_turbo").status(JOB, reply(body))
    assert (status.state, status.progress) == (state, body.get("progress"))


@pytest.mark.parametrize("body", [{"status": "PONDERING"}, {}, [], "<html></html>"])
def test_any_other_state_is_unexpected(body: object) -> None:
    with pytest.raises(UnexpectedReplyError, match="PENDING, THROTTLED"):
        RunwayAdapter("gen4_turbo").status(JOB, reply(body))


@pytest.mark.parametrize(("model", "dollars"), [("gen4_turbo", 0.25), ("gen4.5", 0.6), ("aleph2", 1.4)])
def test_the_cost_is_what_runway_charged(emulator: RunwayEmulator, picture: Path, model: str, dollars: float) -> None:
    assert made(emulator, picture, model)["metadata"]["cost"] == {"amount": dollars, "source": "provider"}


def test_a_refused_input_is_charged_and_told(picture: Path) -> None:
    with RunwayEmulator(Behaviour(outcome="refuse")) as emulator:
        wrapper = RunwayWrapper("gen4_turbo", picture.parent, api_key=emulator.key, base_url=emulator.base_url)
        wrapper.attend(JobTerms())
        result = wrapper.generate(picture, "go", 5.0)
    assert (result["status"], wrapper.service.log.cost) == ("refused", Cost(amount=0.25, source="provider"))
    assert "SAFETY.INPUT.TEXT" in str(result["error"])


def test_no_credit_is_never_tried_again(picture: Path) -> None:
    with RunwayEmulator(Behaviour(faults=(Fault(phase="submit", kind="no_credit"),))) as emulator:
        result = made(emulator, picture)
    assert (result["metadata"]["failure"]["type"], emulator.requests["submit"]) == ("QuotaExhaustedError", 1)


def test_a_throttled_job_is_waited_for(picture: Path) -> None:
    with RunwayEmulator(Behaviour(job_seconds=0.1, concurrency=1)) as emulator:
        emulator.create({"model": "gen4_turbo"})
        assert made(emulator, picture)["success"]
        assert emulator.requests["submit"] == 1


def test_cancelling_deletes_the_task() -> None:
    assert RunwayAdapter("gen4_turbo").cancel(JOB) == Call("DELETE", "v1/tasks/a%2Fb")
