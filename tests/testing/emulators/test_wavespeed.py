"""The emulator is true as far as WaveSpeed's own SDK can tell."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import wavespeed  # type: ignore[import-untyped]  # it ships no types
from PIL import Image

from vmevalkit.models.catalog.reader import find_models
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.wavespeed import MODELS, WaveSpeedEmulator

MODEL = "wavespeed-ai/wan-2.2/i2v-480p"
WAN21 = "wavespeed-ai/wan-2.1/i2v-480p"
VEO = "google/veo3.1/image-to-video"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
BODY = {"prompt": "go", "image": f"data:image/png;base64,{PICTURE}"}


def client(emulator: WaveSpeedEmulator, **options: Any) -> Any:
    return wavespeed.Client(**{"api_key": emulator.key, "base_url": emulator.base_url, "retry_interval": 0, **options})


def run(emulator: WaveSpeedEmulator, model: str = MODEL, **fields: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", client(emulator).run(model, {**BODY, **fields}, poll_interval=0.01))


def told(emulator: WaveSpeedEmulator, model: str = MODEL, **options: Any) -> dict[str, Any]:
    ended = client(emulator).run_no_throw(model, BODY, poll_interval=0.01, **options)
    return cast("dict[str, Any]", ended)


def test_sdk_has_a_video_made() -> None:
    with WaveSpeedEmulator(Behaviour(job_seconds=0.05)) as emulator:
        outputs = run(emulator, duration=5, seed=1)["outputs"]
        assert httpx.get(outputs[0]).content == clip()
    assert [job.body for job in emulator.jobs.values()] == [{"model": MODEL, **BODY, "duration": 5, "seed": 1}]


@pytest.mark.parametrize("picture", [PICTURE, "https://pictures.example/first_frame.png"])
def test_sdk_may_send_a_picture_bare_or_by_its_address(picture: str) -> None:
    with WaveSpeedEmulator() as emulator:
        assert run(emulator, image=picture)["outputs"]


def test_sdk_sees_the_states_on_the_way_and_what_a_prediction_holds() -> None:
    with WaveSpeedEmulator(Behaviour(job_seconds=600)) as emulator:
        sdk = client(emulator)
        created, _ = sdk._submit(MODEL, BODY)
        first = sdk.get_result(created)
        emulator.jobs[created].started -= 300
        second = sdk.get_result(created)
        emulator.jobs[created].started -= 300
        third = sdk.get_result(created)
    assert [each["data"]["status"] for each in (first, second, third)] == ["created", "processing", "completed"]
    assert [len(each["data"]["outputs"]) for each in (first, second, third)] == [0, 0, 1]
    assert third["data"]["urls"]["get"].endswith(f"/api/v3/predictions/{created}/result")
    assert (third["code"], third["data"]["has_nsfw_contents"], third["data"]["error"]) == (200, [False], "")


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("fail", "Prediction failed .*the model crashed"),
        ("refuse", "Prediction failed .*flagged as potentially sensitive"),
        ("cancel", "Prediction cancelled"),
    ],
)
def test_sdk_tells_why_a_job_ended(outcome: Any, says: str) -> None:
    with WaveSpeedEmulator(Behaviour(outcome=outcome)) as emulator, pytest.raises(RuntimeError, match=says):
        run(emulator)


def test_sdk_does_not_wait_for_ever() -> None:
    with WaveSpeedEmulator(Behaviour(outcome="never_end")) as emulator:
        ended = told(emulator, timeout=0.2)
    assert (ended["status"], ended["outputs"]) == ("failed", None)
    assert "timed out" in ended["error"]


def test_sdk_names_the_job_that_failed() -> None:
    with WaveSpeedEmulator(Behaviour(outcome="fail")) as emulator:
        ended = told(emulator)
    assert (ended["status"], ended["task_id"]) == ("failed", next(iter(emulator.jobs)))


def test_sdk_names_the_job_that_succeeded() -> None:
    with WaveSpeedEmulator() as emulator:
        ended = told(emulator)
    assert (ended["status"], ended["error"], ended["task_id"]) == ("completed", None, next(iter(emulator.jobs)))


@pytest.mark.parametrize(
    ("outcome", "status"), [("succeed", "completed"), ("fail", "failed"), ("never_end", "processing")]
)
def test_sdk_may_wait_in_one_request(outcome: Any, status: str) -> None:
    with WaveSpeedEmulator(Behaviour(outcome=outcome, job_seconds=0.05)) as emulator:
        ended = told(emulator, enable_sync_mode=True)
    assert (ended["status"], ended["task_id"]) == (status, next(iter(emulator.jobs)))


def test_video_that_is_flagged_is_completed() -> None:
    with WaveSpeedEmulator() as emulator:
        sdk = client(emulator)
        created, _ = sdk._submit(MODEL, {**BODY, "prompt": "something NSFW"})
        data = sdk.get_result(created)["data"]
    assert (data["status"], data["has_nsfw_contents"]) == ("completed", [True])


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("unauthenticated", 401, "invalid api key"),
        ("expired_key", 401, "inactive"),
        ("no_credit", 400, "insufficient balance"),
        ("refused", 400, "moderation"),
        ("invalid", 400, "invalid parameters"),
        ("gone", 404, "model not found"),
        ("rate_limited", 429, "too many requests"),
        ("server_error", 500, "internal error"),
        ("unavailable", 503, "unavailable"),
    ],
)
def test_sdk_is_refused_with_status_code_and_message(kind: FaultKind, status: int, message: str) -> None:
    behaviour = Behaviour(faults=(Fault(phase="submit", kind=kind),))
    says = rf'HTTP {status}: {{"code": {status}, "message": ".*{message}'
    with WaveSpeedEmulator(behaviour) as emulator, pytest.raises(RuntimeError, match=says):
        run(emulator)
    assert emulator.requests["submit"] == 1


def test_wrong_key_is_refused() -> None:
    with WaveSpeedEmulator() as emulator, pytest.raises(RuntimeError, match="HTTP 401"):
        client(emulator, api_key="another").run(MODEL, BODY)


def test_sdk_asks_again_for_a_result_and_never_submits_twice() -> None:
    faults = [Fault(phase="poll", kind="unavailable", times=2), Fault(phase="poll", kind="cut_before")]
    with WaveSpeedEmulator(Behaviour(faults=tuple(faults))) as emulator:
        assert run(emulator)["outputs"]
    assert (emulator.requests["submit"], emulator.requests["poll"]) == (1, 4)


def test_one_job_too_many_is_refused() -> None:
    with WaveSpeedEmulator(Behaviour(job_seconds=600, concurrency=1)) as emulator:
        sdk = client(emulator)
        sdk._submit(MODEL, BODY)
        with pytest.raises(RuntimeError, match="HTTP 429"):
            sdk._submit(MODEL, BODY)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (MODEL, {"prompt": ""}),
        (MODEL, {"image": None}),
        (MODEL, {"image": "no picture"}),
        (MODEL, {"last_image": "no picture"}),
        (MODEL, {"size": "832*480"}),
        (MODEL, {"anything": 1}),
        (MODEL, {"duration": 10}),
        (MODEL, {"duration": 5.0}),
        (MODEL, {"duration": "5"}),
        (MODEL, {"seed": 2**31}),
        (MODEL, {"seed": 1.5}),
        (MODEL, {"loras": []}),
        (MODEL + "-lora", {"loras": [{"path": "a/b", "scale": 5}]}),
        (MODEL + "-lora", {"loras": [{"path": "a/b", "scale": 1}] * 4}),
        (WAN21, {"size": "1280*720"}),
        (WAN21, {"flow_shift": 11}),
        (WAN21, {"duration": 8}),
        (VEO, {"aspect_ratio": "1:1"}),
        (VEO, {"resolution": "4k"}),
        (VEO.replace("3.1", "3.1-lite"), {"generate_audio": True}),
    ],
)
def test_request_outside_a_models_limits_is_refused(model: str, fields: dict[str, Any]) -> None:
    with WaveSpeedEmulator() as emulator, pytest.raises(RuntimeError, match=r"HTTP 400.*invalid parameters"):
        run(emulator, model, **fields)
    assert not emulator.jobs


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (MODEL + "-lora", {"loras": [{"path": "a/b", "scale": 4}] * 3, "last_image": PICTURE, "seed": -1}),
        (WAN21, {"size": "480*832", "num_inference_steps": 40, "guidance_scale": 1.01, "enable_safety_checker": False}),
        (VEO, {"aspect_ratio": "9:16", "resolution": "1080p", "generate_audio": False, "duration": 4}),
    ],
)
def test_request_within_a_models_limits_is_taken(model: str, fields: dict[str, Any]) -> None:
    with WaveSpeedEmulator() as emulator:
        assert run(emulator, model, **fields)["outputs"]


def test_model_that_nobody_knows_is_not_found() -> None:
    with WaveSpeedEmulator() as emulator, pytest.raises(RuntimeError, match=r"HTTP 404.*model not found"):
        run(emulator, "somebody/another-model")


def test_models_of_the_catalog_are_those_it_knows() -> None:
    ours = {model.model for model in find_models() if model.provider and model.provider.name == "wavespeed"}
    assert set(MODELS) == ours


def test_deleted_prediction_is_told_as_deleted() -> None:
    with WaveSpeedEmulator(Behaviour(job_seconds=600)) as emulator:
        sdk = client(emulator)
        created, _ = sdk._submit(MODEL, BODY)
        url, headers = f"{emulator.base_url}/api/v3/predictions/delete", sdk._get_headers()
        answer = httpx.post(url, headers=headers, json={"ids": [created, "none"]})
        assert answer.json()["data"] == {"deleted_count": 1}
        with pytest.raises(RuntimeError, match="Prediction deleted"):
            sdk._wait(created, None, 0.01)


def test_sdk_may_upload_its_picture_first(tmp_path: Path) -> None:
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (8, 6), "red").save(path)
    with WaveSpeedEmulator() as emulator:
        url = client(emulator).upload(str(path))
        assert run(emulator, image=url)["outputs"]
    assert list(emulator.uploads.values()) == [path.read_bytes()]


def test_result_is_served_with_and_without_its_suffix() -> None:
    with WaveSpeedEmulator() as emulator:
        sdk = client(emulator)
        created, _ = sdk._submit(MODEL, BODY)
        answer = httpx.get(f"{emulator.base_url}/api/v3/predictions/{created}", headers=sdk._get_headers())
        assert answer.json() == sdk.get_result(created)
        assert httpx.get(f"{emulator.base_url}/api/v3/predictions/none", headers=sdk._get_headers()).status_code == 404
