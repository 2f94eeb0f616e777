"""Kling has no SDK: the emulator is asked with tokens that PyJWT signs, and its answers are read as others read them.

`Created` and `Task` follow what the client `@ai-sdk/klingai` expects of Kling's answers.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from PIL import Image
from pydantic import BaseModel, ConfigDict

from vmevalkit.testing.emulators.behaviour import Behaviour, Outcome
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.kling import KlingEmulator

ACCESS, SECRET = "the-access-key-of-the-emulator", "its-secret-key-is-longer-than-32-bytes"
PATH = "/v1/videos/image2video"


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class TaskInfo(Strict):
    external_task_id: str | None = None


class Video(Strict):
    id: str
    url: str
    duration: str


class TaskResult(Strict):
    videos: list[Video]


class TaskData(Strict):
    task_id: str
    task_status: str
    task_status_msg: str | None = None
    task_info: TaskInfo
    task_result: TaskResult | None = None
    final_unit_deduction: str | None = None
    created_at: int
    updated_at: int


class Answer(Strict):
    code: int
    message: str
    request_id: str
    data: TaskData


def bare(size: tuple[int, int] = (400, 300), kind: str = "PNG") -> str:
    written = io.BytesIO()
    Image.new("RGB", size).save(written, format=kind)
    return base64.b64encode(written.getvalue()).decode()


BODY: dict[str, Any] = {"model_name": "kling-v2-1", "image": bare(), "prompt": "go", "duration": "5"}


@pytest.fixture
def emulator() -> Iterator[KlingEmulator]:
    with KlingEmulator() as running:
        yield running


def asked(emulator: KlingEmulator, method: str, path: str = "", *, key: str | None = None, **body: Any) -> Any:
    """The answer to a request with a key, the right one where none is given."""
    shown = emulator.key if key is None else key
    headers = {"authorization": f"Bearer {shown}"} if shown else {}
    return httpx.request(method, f"{emulator.base_url}{PATH}{path}", headers=headers, json=body or None)


def read(answer: httpx.Response) -> TaskData:
    told = Answer.model_validate_json(answer.content)
    assert (answer.status_code, told.code) == (200, 0)
    return told.data


def token(now: float, access: str = ACCESS, secret: str = SECRET) -> str:
    claims = {"iss": access, "exp": int(now) + 1800, "nbf": int(now) - 5}
    return jwt.encode(claims, secret, algorithm="HS256")


def test_a_video_is_made_and_fetched() -> None:
    with KlingEmulator(Behaviour(job_seconds=600)) as emulator:
        task = read(asked(emulator, "POST", **BODY))
        seen = [task.task_status]
        for _ in range(2):
            emulator.jobs[task.task_id].started -= 400
            task = read(asked(emulator, "GET", f"/{task.task_id}"))
            seen.append(task.task_status)
        assert (seen, task.task_id.isdigit()) == (["submitted", "processing", "succeed"], True)
        assert task.task_result is not None
        assert httpx.get(task.task_result.videos[0].url).content == clip()
        assert (task.final_unit_deduction, task.task_result.videos[0].duration) == ("2", "5.1")


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [
        ("fail", "failed", "Service busy"),
        ("refuse", "failed", "risk control"),
        ("cancel", "failed", "Stopped"),
        ("never_end", "processing", ""),
        ("unknown_state", "pondering", ""),
    ],
)
def test_jobs_end_as_they_are_told_to(outcome: Outcome, status: str, said: str) -> None:
    with KlingEmulator(Behaviour(outcome=outcome)) as emulator:
        task = read(asked(emulator, "POST", **BODY))
        task = read(asked(emulator, "GET", f"/{task.task_id}"))
    assert task.task_status == status
    assert said in (task.task_status_msg or "")


def test_a_task_is_found_by_the_clients_id_which_is_good_for_one(emulator: KlingEmulator) -> None:
    first = read(asked(emulator, "POST", **BODY, external_task_id="mine"))
    again = asked(emulator, "POST", **BODY, external_task_id="mine")
    found = read(asked(emulator, "GET", "/mine"))
    assert (again.status_code, again.json()["code"], len(emulator.jobs)) == (400, 1201, 1)
    assert (found.task_id, found.task_info.external_task_id) == (first.task_id, "mine")
    assert (emulator.requests["poll"], emulator.requests["find"]) == (0, 1)


@pytest.mark.parametrize("path", ["/12345", "/theirs"])
def test_a_task_that_is_not_there_is_not_found(emulator: KlingEmulator, path: str) -> None:
    answer = asked(emulator, "GET", path)
    assert (answer.status_code, answer.json()["code"], "data" in answer.json()) == (404, 1203, False)


@pytest.mark.parametrize(
    ("change", "units"),
    [
        ({"model_name": "kling-v1"}, "1"),
        ({"model_name": "kling-v1", "mode": "pro", "duration": "10"}, "7"),
        ({"model_name": "kling-v2-master"}, "10"),
        ({"model_name": "kling-v3", "mode": "4k", "duration": "15"}, "45"),
        ({"model_name": "kling-v1-6", "mode": "pro"}, None),
    ],
)
def test_units_are_those_of_model_mode_and_length(
    emulator: KlingEmulator, change: dict[str, Any], units: str | None
) -> None:
    task = read(asked(emulator, "POST", **{**BODY, **change}))
    assert read(asked(emulator, "GET", f"/{task.task_id}")).final_unit_deduction == units


def test_one_task_too_many_is_refused() -> None:
    with KlingEmulator(Behaviour(outcome="never_end", concurrency=1)) as emulator:
        assert asked(emulator, "POST", **BODY).status_code == 200
        answer = asked(emulator, "POST", **BODY)
    assert (answer.status_code, answer.json()["code"]) == (429, 1303)
    assert answer.json()["message"] == "parallel task over resource pack limit"


def test_a_token_signed_by_others_is_taken() -> None:
    with KlingEmulator(Behaviour(key=f"{ACCESS}:{SECRET}")) as emulator:
        read(asked(emulator, "POST", key=token(time.time()), **BODY))


@pytest.mark.parametrize(
    ("seconds", "names", "code"),
    [
        (0, {"access": "another"}, 1002),
        (0, {"secret": SECRET + "!"}, 1002),
        (60, {}, 1003),
        (-1801, {}, 1004),
    ],
)
def test_a_wrong_token_is_refused_with_its_code(seconds: float, names: dict[str, str], code: int) -> None:
    with KlingEmulator(Behaviour(key=f"{ACCESS}:{SECRET}")) as emulator:
        answer = asked(emulator, "GET", "/1", key=token(time.time() + seconds, **names))
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert {"message", "request_id"} <= set(answer.json())
    assert "date" in answer.headers


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("", 1001),
        ("nonsense", 1002),
        ("a.b.c", 1002),
        (f"{ACCESS}:{SECRET}", 1002),
        (jwt.encode({"iss": ACCESS}, "", algorithm="none"), 1002),
    ],
)
def test_what_is_no_token_is_refused_with_its_code(key: str, code: int) -> None:
    with KlingEmulator(Behaviour(key=f"{ACCESS}:{SECRET}")) as emulator:
        assert asked(emulator, "GET", "/1", key=key).json()["code"] == code


@pytest.mark.parametrize("skew", [3600, -3600])
def test_its_clock_decides_about_tokens(skew: float) -> None:
    with KlingEmulator(Behaviour(key=f"{ACCESS}:{SECRET}", clock_skew=skew)) as emulator:
        assert asked(emulator, "GET", "/1", key=token(time.time())).json()["code"] in {1003, 1004}
        assert asked(emulator, "GET", "/1", key=token(time.time() + skew)).json()["code"] == 1203


def test_an_api_key_is_taken_as_it_is(emulator: KlingEmulator) -> None:
    assert asked(emulator, "POST", key="another", **BODY).json()["code"] == 1002
    assert asked(emulator, "POST", **BODY).json()["code"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"model_name": "kling-v9"}, 1203),
        ({"duration": 5}, 1201),
        ({"duration": "6"}, 1201),
        ({"mode": "4k"}, 1201),
        ({"prompt": "x" * 2501}, 1201),
        ({"negative_prompt": "x" * 2501}, 1201),
        ({"cfg_scale": 0.5}, 1201),
        ({"sound": "on"}, 1201),
        ({"image": None}, 1201),
        ({"image": f"data:image/png;base64,{bare()}"}, 1201),
        ({"image": bare(kind="GIF")}, 1201),
        ({"image": bare((299, 300))}, 1201),
        ({"image": bare((800, 300))}, 1201),
        ({"image": bare()[:40]}, 1201),
        ({"image": base64.b64encode(base64.b64decode(bare()) + bytes(10 * 2**20)).decode()}, 1201),
    ],
)
def test_a_body_that_kling_does_not_take_is_refused(emulator: KlingEmulator, change: dict[str, Any], code: int) -> None:
    assert asked(emulator, "POST", **{**BODY, **change}).json()["code"] == code
    assert not emulator.jobs


@pytest.mark.parametrize(
    "change",
    [
        {"image": bare((750, 300), "JPEG")},
        {"image": "https://example.com/a.png"},
        {"model_name": "kling-v3", "duration": "15", "mode": "4k", "sound": "on"},
        {"model_name": "kling-v1", "cfg_scale": 0.5},
    ],
)
def test_a_body_that_kling_takes_is_taken(emulator: KlingEmulator, change: dict[str, Any]) -> None:
    read(asked(emulator, "POST", **{**BODY, **change}))


def test_a_field_named_model_is_ignored(emulator: KlingEmulator) -> None:
    body = {"model": "kling-v3", "image": bare(), "duration": "15"}
    assert asked(emulator, "POST", **body).json()["code"] == 1201
