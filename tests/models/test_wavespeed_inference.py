from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vmevalkit.errors import InvalidRequestError, UnexpectedReplyError
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.limits import check_duration, check_parameters
from vmevalkit.models.wavespeed_inference import HIGHEST_SEED, WaveSpeedAdapter, WaveSpeedWrapper
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.costs import forecast
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.wavespeed import WaveSpeedEmulator

JOB = Job(provider="wavespeed", model="m", id="a/b")
WAN21, WAN22, SMALL = (f"wavespeed-ai/wan-{name}" for name in ("2.1/i2v-480p", "2.2/i2v-480p", "2.2/i2v-5b-720p"))
VEO = "google/veo3.1/image-to-video"
OURS = [model for model in find_models(kind="api") if model.provider and model.provider.name == "wavespeed"]
LENGTHS = [(model.key, seconds) for model in OURS for seconds in model.limits.durations or (None,)]


@pytest.fixture
def emulator() -> Iterator[WaveSpeedEmulator]:
    with WaveSpeedEmulator() as running:
        yield running


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.linear_gradient("L").resize((640, 380)).save(path)
    return path


def made(
    emulator: WaveSpeedEmulator, picture: Path, model: str = WAN22, duration: float | None = 5.0, **options: Any
) -> GenerationResult:
    wrapper = WaveSpeedWrapper(model, picture.parent, api_key=emulator.key, base_url=emulator.base_url, **options)
    wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
    return wrapper.generate(picture, "go", duration)


def ordered(
    picture: Path, model: str = WAN22, duration: float | None = None, fixed: Any = None, **asked: Any
) -> dict[str, Any]:
    request = Request(picture, "go", picture.with_name("video.mp4"), duration, asked)
    return dict(WaveSpeedAdapter(model, api_key="k", **(fixed or {})).order(request, JOB).call.json or {})


def content(uri: str) -> bytes:
    kind, _, text = uri.partition(";base64,")
    assert kind == "data:image/png"
    return base64.b64decode(text, validate=True)


def size_of(uri: str) -> tuple[int, int]:
    return Image.open(io.BytesIO(content(uri))).size


def reply(body: object, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, str) else json.dumps(body))


def told(**data: Any) -> Reply:
    return reply({"code": 200, "message": "success", "data": data})


@pytest.mark.parametrize(("key", "seconds"), LENGTHS)
def test_every_model_makes_every_length_it_lists(
    emulator: WaveSpeedEmulator, picture: Path, key: str, seconds: float | None
) -> None:
    model = catalog().get(key)
    result = made(emulator, picture, model.model, seconds, **model.args)
    assert result["error"] is None
    body = next(iter(emulator.jobs.values())).body
    assert (body["model"], body.get("duration"), type(body.get("duration", 0))) == (model.model, seconds, int)


def test_catalog_has_every_key_once() -> None:
    sizes = ["480p", "480p-ultra-fast", "480p-lora", "480p-lora-ultra-fast"]
    sizes += [each.replace("480p", "720p") for each in sizes]
    wan = {f"wavespeed-wan-{version}-i2v-{size}" for version in ("2.1", "2.2") for size in sizes}
    small = {"wavespeed-wan-2.2-i2v-5b-720p", "wavespeed-wan-2.2-i2v-5b-720p-lora"}
    veo = {"veo-3.1", "veo-3.1-720p", "veo-3.1-fast", "veo-3.1-fast-720p", "veo-3.1-lite"}
    assert {model.key for model in OURS} == wan | small | veo
    assert {model.family for model in OURS} == {"WaveSpeed WAN 2.1", "WaveSpeed WAN 2.2", "Google Veo 3.1"}


def test_wan_2_2_is_sent_the_picture_as_it_is(emulator: WaveSpeedEmulator, picture: Path) -> None:
    result = made(emulator, picture)
    body = next(iter(emulator.jobs.values())).body
    assert content(body.pop("image")) == picture.read_bytes()
    assert body == {"model": WAN22, "prompt": "go", "duration": 5}
    assert (result["metadata"]["sent"], result["metadata"]["input_transforms"]) == ({"duration": 5}, [])


@pytest.mark.parametrize(
    ("model", "shape", "sent", "size"),
    [
        (WAN21, (640, 380), {"size": "832*480"}, (832, 480)),
        (WAN21.replace("480p", "720p-lora"), (380, 640), {"size": "720*1280"}, (720, 1280)),
        (VEO, (640, 380), {"aspect_ratio": "16:9"}, (1280, 720)),
        (VEO.replace("3.1", "3.1-lite"), (380, 640), {"aspect_ratio": "9:16"}, (720, 1280)),
    ],
)
def test_picture_is_brought_to_the_shape_closest_to_it(
    picture: Path, model: str, shape: tuple[int, int], sent: dict[str, str], size: tuple[int, int]
) -> None:
    Image.new("RGB", shape, "red").save(picture)
    order = WaveSpeedAdapter(model, api_key="k").order(Request(picture, "go", picture), JOB)
    assert order.sent == sent
    assert size_of(str((order.call.json or {})["image"])) == size
    assert [(each.target, each.operation) for each in order.transforms] == [("first_frame", "pad")]


def test_shape_that_is_asked_for_is_taken(picture: Path) -> None:
    body = ordered(picture, WAN21, size="480*832", fit="crop")
    assert (body["size"], size_of(body["image"])) == ("480*832", (480, 832))
    assert not {"fit", "duration"} & set(body)


def test_picture_may_be_refused_in_place_of_changed(picture: Path) -> None:
    with pytest.raises(InvalidRequestError, match="832 x 480"):
        ordered(picture, WAN21, fit="none")
    Image.new("RGB", (832, 480)).save(picture)
    assert content(ordered(picture, WAN21, fit="none")["image"]) == picture.read_bytes()


@pytest.mark.parametrize(
    ("key", "size"), [("veo-3.1", (1920, 1080)), ("veo-3.1-720p", (1280, 720)), ("veo-3.1-fast", (1920, 1080))]
)
def test_resolution_of_veo_is_that_of_its_key(picture: Path, key: str, size: tuple[int, int]) -> None:
    model = catalog().get(key)
    body = ordered(picture, model.model, 8.0, model.args, generate_audio=False, seed=3)
    assert size_of(body.pop("image")) == size
    fixed = {"resolution": f"{size[1]}p", "aspect_ratio": "16:9"}
    assert body == {"prompt": "go", "duration": 8, "generate_audio": False, "seed": 3, **fixed}


def test_final_frame_is_sent_in_the_same_shape(picture: Path, tmp_path: Path) -> None:
    final = tmp_path / "final_frame.png"
    Image.new("RGB", (100, 100), "blue").save(final)
    request = Request(picture, "go", picture, 8.0, {"final_frame": final})
    order = WaveSpeedAdapter(VEO, api_key="k").order(request, JOB)
    assert size_of(str((order.call.json or {})["last_image"])) == (1280, 720)
    assert [each.target for each in order.transforms] == ["first_frame", "final_frame"]
    assert content(ordered(picture, final_frame=final)["last_image"]) == final.read_bytes()


@pytest.mark.parametrize(
    ("text", "loras"),
    [
        ("owner/weights", [{"path": "owner/weights", "scale": 1.0}]),
        ("a/b@0.5, https://c/d.safetensors@4", [("a/b", 0.5), ("https://c/d.safetensors", 4.0)]),
        ("https://user@host/d", [("https://user@host/d", 1.0)]),
    ],
)
def test_loras_are_read_from_one_line(picture: Path, text: str, loras: list[Any]) -> None:
    named = [each if isinstance(each, dict) else {"path": each[0], "scale": each[1]} for each in loras]
    assert ordered(picture, WAN22 + "-lora", high_noise_loras=text)["high_noise_loras"] == named


@given(st.lists(st.tuples(st.from_regex(r"[a-z]+/[a-z.]+", fullmatch=True), st.floats(0, 4)), min_size=1, max_size=3))
def test_what_is_written_as_loras_comes_back(loras: list[tuple[str, float]]) -> None:
    adapter = WaveSpeedAdapter(SMALL + "-lora", api_key="k")
    task = Path(__file__).parents[2] / "src/vmevalkit/tasks/tests_task/tests_0001/first_frame.png"
    text = ",".join(f"{path}@{scale}" for path, scale in loras)
    order = adapter.order(Request(task, "go", task, None, {"loras": text}), JOB)
    assert order.sent["loras"] == [{"path": path, "scale": scale} for path, scale in loras]


@pytest.mark.parametrize(
    ("model", "asked", "field"),
    [
        (WAN22, {"duration": 5.5}, "duration"),
        ("someone/else", {"duration": 5.5}, "duration"),
        (WAN22, {"seed": -2}, "seed"),
        (WAN22, {"seed": HIGHEST_SEED + 1}, "seed"),
        (WAN21, {"size": "1280*720"}, "size"),
        (WAN22 + "-lora", {"loras": "a,b,c,d"}, "loras"),
        (WAN22 + "-lora", {"loras": "a/b@4.5"}, "loras"),
        (WAN22 + "-lora", {"loras": "a/b,"}, "loras"),
        (VEO, {"aspect_ratio": "1:1"}, "aspect_ratio"),
        (VEO, {"resolution": "4k"}, "resolution"),
    ],
)
def test_what_is_not_taken_is_refused_before_it_is_sent(
    picture: Path, model: str, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ordered(picture, model, **asked)
    assert caught.value.field == field
    assert caught.value.expected


@pytest.mark.parametrize(("key", "seconds"), [("wavespeed-wan-2.2-i2v-480p", 7), ("veo-3.1", 5)])
def test_the_catalog_knows_which_lengths_a_model_makes(key: str, seconds: int) -> None:
    with pytest.raises(InvalidRequestError, match=f"{key} was given the duration"):
        check_duration(catalog().get(key), seconds)


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("wavespeed-wan-2.2-i2v-480p", {"size": "832*480"}),
        ("wavespeed-wan-2.1-i2v-480p", {"num_inference_steps": 41}),
        ("wavespeed-wan-2.1-i2v-480p", {"guidance_scale": 1}),
        ("wavespeed-wan-2.1-i2v-480p", {"loras": "a/b"}),
    ],
)
def test_the_catalog_knows_which_parameters_a_model_takes(key: str, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match=f"{key} was given the"):
        check_parameters(catalog().get(key), asked)


@pytest.mark.parametrize("seed", [-1, 0, HIGHEST_SEED])
def test_seed_is_sent_as_it_is(picture: Path, seed: int) -> None:
    assert ordered(picture, seed=seed)["seed"] == seed


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "invalid parameters", "RequestRejectedError"),
        (400, "enable_safety_checker must be a boolean", "RequestRejectedError"),
        (400, "the prompt was blocked by moderation", "ContentRefusedError"),
        (400, "insufficient balance", "QuotaExhaustedError"),
        (429, "no credits left, please top up", "QuotaExhaustedError"),
        (403, "top up to activate the key", "QuotaExhaustedError"),
        (401, "invalid api key", "AuthenticationError"),
        (403, "invalid credentials", "AuthenticationError"),
        (429, "too many requests", "RateLimitedError"),
        (404, "model not found", "ModelGoneError"),
        (500, "credit service down", "ProviderUnavailableError"),
        (504, "timed out", "ProviderUnavailableError"),
    ],
)
@pytest.mark.parametrize("is_http", [True, False])
def test_refusal_has_its_own_error_as_status_and_as_code_of_a_200(
    status: int, message: str, kind: str, is_http: bool
) -> None:
    adapter = WaveSpeedAdapter(WAN22, api_key="k")
    answer = reply({"code": status, "message": message}, status if is_http else 200)
    assert adapter.failed(answer)
    error = adapter.error(answer)
    assert type(error).__name__ == kind
    assert message in str(error)


def test_code_that_nobody_knows_is_no_passing_fault() -> None:
    error = WaveSpeedAdapter(WAN22, api_key="k").error(reply({"code": 5004, "message": "odd"}))
    assert (type(error).__name__, error.retry) == ("UnexpectedReplyError", "never")


@pytest.mark.parametrize(("status", "kind"), [(502, "ProviderUnavailableError"), (403, "AuthenticationError")])
def test_page_in_place_of_json_is_judged_by_its_status(status: int, kind: str) -> None:
    error = WaveSpeedAdapter(WAN22, api_key="k").error(reply("<html>Bad gateway</html>", status))
    assert type(error).__name__ == kind


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", "queued"),
        ("processing", "running"),
        ("completed", "succeeded"),
        ("failed", "failed"),
        ("timeout", "failed"),
        ("cancelled", "cancelled"),
        ("deleted", "cancelled"),
    ],
)
def test_every_state_is_known(status: str, state: str) -> None:
    assert WaveSpeedAdapter(WAN22, api_key="k").status(JOB, told(status=status)).state == state


@pytest.mark.parametrize("status", ["pondering", "", None, 3])
def test_other_states_are_not_guessed_at(status: object) -> None:
    with pytest.raises(UnexpectedReplyError, match="created, processing, completed"):
        WaveSpeedAdapter(WAN22, api_key="k").status(JOB, told(status=status))


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"status": "failed", "error": "content flagged as potentially sensitive"}, "refused"),
        ({"status": "failed", "error": "out of memory"}, "failed"),
        ({"status": "completed", "outputs": ["https://v/1.mp4"], "has_nsfw_contents": [True]}, "refused"),
        ({"status": "completed", "outputs": ["https://v/1.mp4"], "has_nsfw_contents": [False]}, "succeeded"),
        ({"status": "completed", "outputs": ["https://v/1.mp4"], "has_nsfw_contents": None}, "succeeded"),
    ],
)
def test_moderation_is_told_from_failure(data: dict[str, Any], state: str) -> None:
    status = WaveSpeedAdapter(WAN22, api_key="k").status(JOB, told(**data))
    assert (status.state, status.error is None) == (state, state == "succeeded")
    assert status.video == (Call("GET", "https://v/1.mp4") if state == "succeeded" else None)


@pytest.mark.parametrize(
    ("outcome", "status", "kind"),
    [
        ("fail", "failed", "JobFailedError"),
        ("refuse", "refused", "ContentRefusedError"),
        ("cancel", "failed", "JobFailedError"),
    ],
)
def test_job_that_fails_is_a_result_and_is_asked_for_once(picture: Path, outcome: Any, status: str, kind: str) -> None:
    with WaveSpeedEmulator(Behaviour(outcome=outcome)) as emulator:
        result = made(emulator, picture)
    assert (result["status"], result["metadata"]["failure"]["type"]) == (status, kind)
    assert len(emulator.jobs) == 1


@pytest.mark.parametrize(("kind", "error"), [("no_credit", "QuotaExhaustedError"), ("refused", "ContentRefusedError")])
def test_submit_that_is_refused_costs_nothing(picture: Path, kind: Any, error: str) -> None:
    with WaveSpeedEmulator(Behaviour(faults=(Fault(phase="submit", kind=kind),))) as emulator:
        result = made(emulator, picture)
    assert (result["metadata"]["failure"]["type"], len(emulator.jobs)) == (error, 0)


def test_job_is_polled_and_deleted_by_its_id() -> None:
    adapter = WaveSpeedAdapter(WAN22, api_key="k")
    assert adapter.job(JOB, told(id="p1")).id == "p1"
    assert adapter.job(JOB, reply({"data": None})).id is None
    assert adapter.poll(JOB) == Call("GET", "api/v3/predictions/a%2Fb/result")
    assert adapter.cancel(JOB) == Call("POST", "api/v3/predictions/delete", json={"ids": ["a/b"]})


@pytest.mark.parametrize(
    ("key", "duration", "amount"),
    [
        ("wavespeed-wan-2.1-i2v-720p", 5, 0.30),
        ("wavespeed-wan-2.1-i2v-720p", 10, 0.45),
        ("wavespeed-wan-2.1-i2v-720p-ultra-fast", 10, 0.338),
        ("wavespeed-wan-2.2-i2v-480p-ultra-fast", None, 0.05),
        ("wavespeed-wan-2.2-i2v-480p-ultra-fast", 8, 0.08),
        ("wavespeed-wan-2.2-i2v-480p-lora-ultra-fast", 8, 0.16),
        ("wavespeed-wan-2.2-i2v-720p", 8, 0.48),
        ("wavespeed-wan-2.2-i2v-720p-ultra-fast", 5, 0.1),
    ],
)
def test_known_prices_are_forecast(key: str, duration: float | None, amount: float) -> None:
    cost = forecast(catalog().get(key), {"duration": duration})
    assert cost is not None
    assert cost.amount == pytest.approx(amount)


def test_price_that_is_not_known_is_not_made_up() -> None:
    unpriced = [model for model in OURS if model.price is None]
    assert all(forecast(model, {}) is None for model in unpriced)
    assert len(OURS) - len(unpriced) == 6
    assert all(date(2026, 1, 1) < model.price.date <= date(2026, 11, 20) for model in OURS if model.price)
