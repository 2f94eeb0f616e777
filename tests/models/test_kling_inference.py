from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from PIL import Image

from vmevalkit.errors import InvalidRequestError, MissingCredentialError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.kling_inference import KeyPair, KlingAdapter, KlingWrapper, signed_token
from vmevalkit.models.limits import check_inputs
from vmevalkit.records.generation import Cost, GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.costs import forecast
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.kling import KlingEmulator

JOB = Job(provider="kling", model="kling-v1", id="12/3", intent="our id")
PAIR = "the-access-key-of-the-emulator:its-secret-key-is-longer-than-32-bytes"
PATH = "v1/videos/image2video"


@pytest.fixture
def emulator() -> Iterator[KlingEmulator]:
    with KlingEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (640, 400), "red").save(path)
    return path


def wrapper_of(emulator: KlingEmulator, folder: Path, **options: Any) -> KlingWrapper:
    options = {"api_key": emulator.key, "base_url": emulator.base_url, **options}
    wrapper = KlingWrapper("kling-v1", folder, **options)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper


def made(emulator: KlingEmulator, picture: Path, **options: Any) -> GenerationResult:
    return wrapper_of(emulator, picture.parent, **options).generate(picture, "go", 5.0)


def ordered(picture: Path, prompt: str = "go", duration: float | None = 5.0, **given: Any) -> dict[str, Any]:
    request = Request(picture, prompt, picture.with_name("video.mp4"), duration, given)
    return dict(KlingAdapter("kling-v1", api_key="k").order(request, JOB).call.json or {})


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, str) else json.dumps(body))


def told(**data: Any) -> Reply:
    return reply({"code": 0, "message": "SUCCEED", "data": {"task_id": "1", **data}})


def test_a_picture_is_sent_as_bare_base64_with_our_id(emulator: KlingEmulator, picture: Path) -> None:
    wrapper = wrapper_of(emulator, picture.parent)
    result = wrapper.generate(picture, "go", 10.0, mode="pro", cfg_scale=0.7, negative_prompt="blur")
    body = next(iter(emulator.jobs.values())).body
    sent = {"duration": "10", "mode": "pro", "cfg_scale": 0.7, "negative_prompt": "blur"}
    assert base64.b64decode(body.pop("image")) == picture.read_bytes()
    assert wrapper.service.log.job is not None
    named = {"model_name": "kling-v1", "external_task_id": wrapper.service.log.job.intent}
    assert body == {**named, "prompt": "go", **sent}
    assert result["metadata"]["sent"] == sent


def test_no_length_is_left_to_kling(picture: Path) -> None:
    assert "duration" not in ordered(picture, duration=None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"duration": 5.5}, "duration"),
        ({"negative_prompt": "x" * 2501}, "negative_prompt"),
    ],
)
def test_what_kling_does_not_take_is_refused_before_it_is_sent(
    picture: Path, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ordered(picture, **given)
    assert caught.value.field == field


@pytest.mark.parametrize("size", [(1000, 399), (399, 1000)])
def test_a_picture_too_long_is_not_sent(emulator: KlingEmulator, picture: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(picture)
    result = made(emulator, picture)
    assert result["metadata"]["failure"]["type"] == "InvalidRequestError"
    assert f"{size[0]} x {size[1]} pixels" in str(result["error"])
    assert not emulator.requests


@pytest.mark.parametrize("size", [(300, 300), (750, 300), (300, 750)])
def test_a_picture_at_the_limits_is_taken(emulator: KlingEmulator, picture: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(picture)
    assert made(emulator, picture)["success"]


@pytest.mark.parametrize(
    ("size", "prompt", "field"),
    [((299, 400), "go", "first_frame"), ((2000, 1700), "go", "first_frame"), ((300, 300), "x" * 2501, "prompt")],
)
def test_the_catalog_knows_which_inputs_kling_takes(
    picture: Path, size: tuple[int, int], prompt: str, field: str
) -> None:
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(picture, compress_level=0)
    with pytest.raises(InvalidRequestError) as caught:
        check_inputs(catalog().get("kling-v1"), picture, prompt)
    assert caught.value.field == field


@drawn(st.text(min_size=1), st.text(min_size=32), st.floats(1e9, 4e9))
def test_the_token_is_one_that_others_can_verify(access: str, secret: str, now: float) -> None:
    token = signed_token(KeyPair(access, secret), now)
    options: Any = {"verify_exp": False, "verify_nbf": False}
    claims = jwt.decode(token, secret, algorithms=["HS256"], options=options)
    assert claims == {"iss": access, "exp": int(now) + 1800, "nbf": int(now) - 5}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize(
    ("variables", "secrets"),
    [
        ({"KLING_API_KEY": "access:secret"}, {"access", "secret"}),
        ({"KLING_ACCESS_KEY": "access", "KLING_SECRET_KEY": "secret"}, {"access", "secret"}),
        ({"KLING_API_KEY": "whole", "KLING_ACCESS_KEY": "access", "KLING_SECRET_KEY": "secret"}, {"whole"}),
    ],
)
def test_keys_are_found_in_either_form(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], secrets: set[str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    adapter = KlingAdapter("kling-v1")
    assert set(adapter.secrets) == secrets
    assert (adapter.headers(0)["authorization"] == "Bearer whole") == (secrets == {"whole"})


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "KLING_API_KEY"),
        ({"KLING_ACCESS_KEY": "access"}, "KLING_SECRET_KEY"),
        ({"KLING_API_KEY": "access:"}, "KLING_API_KEY"),
        ({"KLING_API_KEY": ":secret"}, "KLING_API_KEY"),
    ],
)
def test_half_a_pair_of_keys_is_none(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], missing: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MissingCredentialError) as caught:
        _ = KlingAdapter("kling-v1").secrets
    assert caught.value.variable == missing


@pytest.mark.parametrize(("skew", "submits"), [(0, 1), (3600, 2), (-3600, 2)])
def test_a_clock_that_is_wrong_is_found_out(picture: Path, skew: float, submits: int) -> None:
    with KlingEmulator(Behaviour(key=PAIR, clock_skew=skew)) as emulator:
        assert made(emulator, picture)["success"]
    assert (emulator.requests["submit"], len(emulator.jobs)) == (submits, 1)


def test_a_wrong_secret_is_not_tried_again(picture: Path) -> None:
    with KlingEmulator(Behaviour(key=PAIR)) as emulator:
        result = made(emulator, picture, api_key=f"{PAIR}-not")
    assert (result["metadata"]["failure"]["type"], emulator.requests["submit"]) == ("AuthenticationError", 1)
    assert "its-secret-key" not in str(result)


def test_a_job_whose_submit_got_no_answer_is_looked_up(picture: Path) -> None:
    with KlingEmulator(Behaviour(faults=(Fault(phase="submit", kind="cut_after"),))) as emulator:
        assert made(emulator, picture)["success"]
    assert (len(emulator.jobs), emulator.requests["find"], emulator.requests["submit"]) == (1, 1, 1)


def test_a_submit_that_never_arrived_is_looked_up_and_repeated(picture: Path) -> None:
    with KlingEmulator(Behaviour(faults=(Fault(phase="submit", kind="cut_before"),))) as emulator:
        assert made(emulator, picture)["success"]
    assert (len(emulator.jobs), emulator.requests["find"], emulator.requests["submit"]) == (1, 1, 2)


def test_a_job_that_is_there_already_is_adopted(emulator: KlingEmulator, picture: Path) -> None:
    service = wrapper_of(emulator, picture.parent).service
    known = emulator.create({"model_name": "kling-v1"}, intent=JOB.intent)
    call = service.adapter.order(Request(picture, "go", picture.with_name("video.mp4"), 5.0), JOB).call
    job, _ = event_loop.run(service.client.run(JOB, call, JobLog()))
    assert (job.id, len(emulator.jobs)) == (known.id, 1)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 1000, "AuthenticationError"),
        (401, 1003, "AuthenticationError"),
        (401, 1004, "AuthenticationError"),
        (403, 1103, "AuthenticationError"),
        (429, 1304, "AuthenticationError"),
        (429, 1100, "QuotaExhaustedError"),
        (429, 1101, "QuotaExhaustedError"),
        (429, 1102, "QuotaExhaustedError"),
        (400, 1200, "RequestRejectedError"),
        (400, 1201, "RequestRejectedError"),
        (404, 1202, "ModelGoneError"),
        (404, 1203, "ModelGoneError"),
        (400, 1300, "ContentRefusedError"),
        (400, 1301, "ContentRefusedError"),
        (429, 1302, "RateLimitedError"),
        (429, 1303, "RateLimitedError"),
        (200, 1303, "RateLimitedError"),
        (500, 5000, "ProviderUnavailableError"),
        (503, 5001, "ProviderUnavailableError"),
        (504, 5002, "ProviderUnavailableError"),
        (429, 1999, "RateLimitedError"),
        (200, 1999, "RequestRejectedError"),
    ],
)
def test_each_code_has_its_type(status: int, code: int, kind: str) -> None:
    adapter, answer = KlingAdapter("kling-v1"), reply({"code": code, "message": "no", "request_id": "r"}, status)
    assert adapter.failed(answer)
    assert type(adapter.error(answer)).__name__ == kind
    assert f"no (code {code})" in str(adapter.error(answer))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, "<html>Bad gateway</html>", "ProviderUnavailableError"),
        (401, "", "AuthenticationError"),
        (400, [], "RequestRejectedError"),
        (400, {"code": 1201, "message": "external_task_id already exists"}, "UnexpectedReplyError"),
        (400, {"code": 1201, "message": "external_task_id is too long"}, "RequestRejectedError"),
    ],
)
def test_other_answers_have_their_type(status: int, body: object, kind: str) -> None:
    assert type(KlingAdapter("kling-v1").error(reply(body, status))).__name__ == kind


@pytest.mark.parametrize(
    ("said", "state", "kind"),
    [
        ("Failure to pass the risk control system", "refused", "ContentRefusedError"),
        ("Sensitive content", "refused", "ContentRefusedError"),
        ("Service busy", "failed", "JobFailedError"),
        (None, "failed", "JobFailedError"),
    ],
)
def test_the_words_of_a_failure_tell_its_type(said: str | None, state: str, kind: str) -> None:
    status = KlingAdapter("kling-v1").status(JOB, told(task_status="failed", task_status_msg=said))
    assert (status.state, type(status.error).__name__, status.cost) == (state, kind, None)


@pytest.mark.parametrize("body", [{"code": 0, "data": {"task_status": "succeeded"}}, {"code": 0}, [], "<html></html>"])
def test_any_other_state_is_unexpected(body: object) -> None:
    with pytest.raises(UnexpectedReplyError, match="submitted, processing, succeed, failed"):
        KlingAdapter("kling-v1").status(JOB, reply(body))


@pytest.mark.parametrize(("units", "dollars"), [("2", 0.28), ("1.5", 0.21), (10, 1.4), ("0", 0.0)])
def test_the_cost_is_what_kling_deducted(units: object, dollars: float) -> None:
    status = KlingAdapter("kling-v1").status(JOB, told(task_status="succeed", final_unit_deduction=units))
    assert status.cost == Cost(amount=dollars, source="provider")


@pytest.mark.parametrize("units", [None, "", "two", {}])
def test_a_cost_that_is_not_told_is_unknown(units: object) -> None:
    status = KlingAdapter("kling-v1").status(JOB, told(task_status="succeed", final_unit_deduction=units))
    assert (status.cost, status.video) == (None, None)


def test_tasks_are_asked_for_by_either_id() -> None:
    adapter = KlingAdapter("kling-v1")
    assert (adapter.poll(JOB), adapter.find(JOB)) == (Call("GET", f"{PATH}/12%2F3"), Call("GET", f"{PATH}/our%20id"))
    assert adapter.cancel(JOB) is None


@pytest.mark.parametrize(
    ("key", "asked", "dollars"),
    [
        ("kling-v1", {}, 0.14),
        ("kling-v1", {"mode": "pro", "duration": 10.0}, 0.98),
        ("kling-v1-6", {}, 0.28),
        ("kling-v1-6", {"mode": "pro"}, None),
        ("kling-v2-1-master", {}, 1.4),
        ("kling-v2-5-turbo", {"mode": "pro"}, 0.35),
        ("kling-v2-6", {"sound": "on"}, None),
        ("kling-v3", {"duration": 15.0}, 1.26),
        ("kling-v3", {"mode": "4k", "duration": 3.0}, 1.26),
    ],
)
def test_the_price_depends_on_the_quality(key: str, asked: dict[str, Any], dollars: float | None) -> None:
    cost = forecast(catalog().get(key), asked)
    assert (cost and cost.amount) == (dollars and pytest.approx(dollars))
