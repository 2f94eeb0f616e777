from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from vmevalkit.errors import (
    AuthenticationError,
    InvalidRequestError,
    InvalidSettingError,
    ModelGoneError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedReplyError,
)
from vmevalkit.models.api import ApiWrapper
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog, load_wrapper
from vmevalkit.models.endpoint import base_url_of, provider_facts
from vmevalkit.models.veo_inference import GeminiVeoAdapter, VertexVeoAdapter
from vmevalkit.models.veo_request import veo_order
from vmevalkit.records.job import Job
from vmevalkit.remote.call import Call, Reply
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.costs import forecast
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.gemini import GeminiEmulator
from vmevalkit.testing.emulators.google import GoogleEmulator
from vmevalkit.testing.emulators.vertex import VertexEmulator

EMULATORS: dict[str, type[GoogleEmulator]] = {"gemini": GeminiEmulator, "vertex": VertexEmulator}
KEYS = {"gemini": "veo-3.1-generate", "vertex": "vertex-veo-3.1-generate"}
NAME = "projects/my-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1"


@pytest.fixture(params=["gemini", "vertex"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def emulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GoogleEmulator]]:
    """Starts the emulator of a provider; it ends with the test."""
    monkeypatch.setenv("GCP_PROJECT_ID", "my-project")
    running: list[GoogleEmulator] = []

    def start(provider: str, **behaviour: Any) -> GoogleEmulator:
        running.append(EMULATORS[provider](Behaviour(**behaviour)))
        running[-1].__enter__()
        return running[-1]

    yield start
    for emulator in running:
        emulator.__exit__()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Makes a red picture of a size."""

    def make(width: int = 640, height: int = 480, name: str = "first_frame.png") -> Path:
        Image.new("RGB", (width, height), "red").save(tmp_path / name)
        return tmp_path / name

    return make


@pytest.fixture
def generate(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Any]:
    """Has a video made by the emulator."""

    def call(emulator: GoogleEmulator, image: Path | None = None, duration: float | None = None, **given: Any) -> Any:
        model = catalog().get(KEYS[emulator.provider])
        kind = load_wrapper(model)
        wrapper = kind(model.model, tmp_path, api_key=emulator.key, base_url=emulator.base_url)
        assert isinstance(wrapper, ApiWrapper)
        wrapper.attend(JobTerms(policy=RetryPolicy(first_wait_seconds=0)))
        return wrapper.generate(image or picture(), "Go", duration, **given)

    return call


def sent_picture(encoded: Any) -> Image.Image:
    assert encoded["mimeType"] == "image/png"
    return Image.open(io.BytesIO(base64.b64decode(encoded["bytesBase64Encoded"], validate=True)))


def order_of(image: Path, duration: float | None = None, **parameters: Any) -> Any:
    order = veo_order("v1/model", Request(image, "Go", Path("out.mp4"), duration), parameters)
    return order.call.json


def reply_of(body: Any, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, str) else json.dumps(body))


def test_a_video_is_made_and_kept(
    provider: str, emulate: Callable[..., Any], generate: Callable[..., Any], tmp_path: Path
) -> None:
    emulator = emulate(provider)
    result = generate(emulator, duration=6.0)
    assert (result["error"], result["status"]) == (None, "success")
    assert Path(result["video_path"]).read_bytes() == clip()
    assert "/operations/" in result["generation_id"]
    assert emulator.leaked_keys == 0


def test_gemini_is_sent_what_its_sdk_sends(emulate: Callable[..., Any], generate: Callable[..., Any]) -> None:
    emulator = emulate("gemini")
    generate(emulator, duration=4.0, negative_prompt="fog")
    (job,) = emulator.jobs.values()
    (instance,) = job.body["instances"]
    assert set(instance) == {"prompt", "image"}
    assert instance["prompt"] == "Go"
    assert job.body["parameters"] == {"aspectRatio": "16:9", "durationSeconds": 4, "negativePrompt": "fog"}
    assert type(job.body["parameters"]["durationSeconds"]) is int


def test_vertex_is_sent_what_only_it_takes(emulate: Callable[..., Any], generate: Callable[..., Any]) -> None:
    emulator = emulate("vertex")
    result = generate(emulator, seed=2**32 - 1, generate_audio=False, enhance_prompt=True)
    (job,) = emulator.jobs.values()
    asked = {"aspectRatio": "16:9", "seed": 2**32 - 1, "generateAudio": False, "enhancePrompt": True}
    assert job.body["parameters"] == asked
    assert result["metadata"]["sent"] == asked
    assert result["generation_id"].startswith("projects/my-project/locations/us-central1/publishers/google/models/")


def test_the_picture_is_padded_with_white_and_that_is_recorded(
    provider: str, emulate: Callable[..., Any], generate: Callable[..., Any]
) -> None:
    emulator = emulate(provider)
    result = generate(emulator)
    (job,) = emulator.jobs.values()
    sent = sent_picture(job.body["instances"][0]["image"])
    assert sent.size == (1280, 720)
    assert sent.getpixel((0, 360)) == (255, 255, 255)
    assert sent.getpixel((640, 360)) == (255, 0, 0)
    (transform,) = result["metadata"]["input_transforms"]
    assert (transform["operation"], transform["before"]) == ("pad", {"width": 640, "height": 480})


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"aspect_ratio": "9:16"}, (720, 1280)),
        ({"resolution": "1080p"}, (1920, 1080)),
        ({"resolution": "4k", "aspect_ratio": "9:16"}, (2160, 3840)),
    ],
)
def test_the_picture_has_the_size_of_the_video(
    parameters: dict[str, str], size: tuple[int, int], picture: Callable[..., Path]
) -> None:
    body = order_of(picture(), 8.0, **parameters)
    assert sent_picture(body["instances"][0]["image"]).size == size
    assert body["parameters"]["durationSeconds"] == 8


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 40), height=st.integers(1, 40))
def test_the_ratio_is_the_one_closest_to_the_picture(picture: Callable[..., Path], width: int, height: int) -> None:
    ratio = order_of(picture(width, height), fit="stretch")["parameters"]["aspectRatio"]
    assert ratio == ("16:9" if width >= height else "9:16")


def test_a_picture_that_fits_is_sent_as_it_is(picture: Callable[..., Path]) -> None:
    image = picture(1280, 720)
    encoded = order_of(image, fit="none")["instances"][0]["image"]["bytesBase64Encoded"]
    assert base64.b64decode(encoded) == image.read_bytes()


def test_a_final_frame_goes_along_in_the_same_shape(
    provider: str, emulate: Callable[..., Any], generate: Callable[..., Any], picture: Callable[..., Path]
) -> None:
    emulator = emulate(provider)
    result = generate(emulator, image=picture(1280, 720), final_frame=picture(50, 90, "final_frame.png"))
    (job,) = emulator.jobs.values()
    assert sent_picture(job.body["instances"][0]["lastFrame"]).size == (1280, 720)
    assert [each["target"] for each in result["metadata"]["input_transforms"]] == ["final_frame"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("duration", {"duration": 4.5}),
        ("duration", {"duration": 6.0, "resolution": "1080p"}),
        ("duration", {"duration": 4.0, "resolution": "4k"}),
        ("resolution", {"resolution": "480p"}),
        ("aspect_ratio", {"aspect_ratio": "1:1"}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**32}),
        ("first_frame", {"fit": "none"}),
    ],
)
def test_what_veo_does_not_make_is_refused_before_it_is_sent(
    field: str, given: dict[str, Any], picture: Callable[..., Path]
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        order_of(picture(), **given)
    assert caught.value.field == field


def test_a_picture_of_more_than_20_mb_is_refused(picture: Callable[..., Path]) -> None:
    image = picture(1280, 720)
    with image.open("ab") as file:
        file.write(bytes(20 * 2**20))
    with pytest.raises(InvalidRequestError, match="at most 20971520 bytes"):
        order_of(image)


@pytest.mark.parametrize("moderation", ["filtered", "error"])
def test_a_held_back_video_is_a_refusal_in_words(
    moderation: Any, provider: str, emulate: Callable[..., Any], generate: Callable[..., Any]
) -> None:
    emulator = emulate(provider, outcome="refuse")
    emulator.moderation = moderation
    result = generate(emulator)
    assert result["status"] == "refused"
    assert "refused because of violence" in result["error"]


def test_a_video_held_back_for_its_sound_costs_nothing() -> None:
    reason = "We encountered an issue with the audio for your prompt."
    body = {"done": True, "response": {"generateVideoResponse": {"raiMediaFilteredReasons": [reason]}}}
    status = GeminiVeoAdapter("veo").status(Job(provider="gemini", model="veo", id="1"), reply_of(body))
    assert status.state == "refused"
    assert status.cost is not None
    assert status.cost.amount == 0


def test_a_video_held_back_without_a_reason_is_a_refusal_of_unknown_cost() -> None:
    body = {"done": True, "response": {"raiMediaFilteredCount": 1}}
    status = VertexVeoAdapter("veo").status(Job(provider="vertex", model="veo", id=NAME), reply_of(body))
    assert (status.state, status.cost) == ("refused", None)


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
def test_each_refusal_of_the_api_has_its_type(
    kind: Any, error: str, provider: str, emulate: Callable[..., Any], generate: Callable[..., Any]
) -> None:
    emulator = emulate(provider, faults=(Fault(phase="submit", kind=kind),))
    assert generate(emulator)["metadata"]["failure"]["type"] == error
    assert emulator.requests["submit"] == 1


@pytest.mark.parametrize(
    ("code", "state", "error"),
    [
        (1, "cancelled", "JobFailedError"),
        (3, "failed", "RequestRejectedError"),
        (5, "failed", "ModelGoneError"),
        (13, "failed", "JobFailedError"),
        ("13", "failed", "JobFailedError"),
        ([], "failed", "JobFailedError"),
    ],
)
def test_each_failure_of_an_operation_has_its_type(code: Any, state: str, error: str) -> None:
    body = {"name": NAME, "done": True, "error": {"code": code, "message": "It did not work."}}
    status = VertexVeoAdapter("veo").status(Job(provider="vertex", model="veo", id=NAME), reply_of(body))
    assert (status.state, type(status.error).__name__) == (state, error)


QUOTA = "You exceeded your current quota, please check your plan and billing details."
WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "23.5s"}
DAY = {"@type": "x", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}


def test_a_rate_limit_tells_the_wait_in_its_details() -> None:
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": QUOTA, "details": [WAIT]}}
    error = GeminiVeoAdapter("veo").error(reply_of(body, 429))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 23.5


@pytest.mark.parametrize(
    ("message", "details"),
    [
        (QUOTA, [DAY, WAIT]),
        (f"{QUOTA} * Quota exceeded for metric: requests, limit: 0, model: veo", []),
        ("Your project has exceeded its monthly spending cap.", []),
    ],
)
def test_a_quota_that_will_not_come_back_soon_is_exhausted(message: str, details: list[Any]) -> None:
    body = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": details}}
    assert isinstance(GeminiVeoAdapter("veo").error(reply_of(body, 429)), QuotaExhaustedError)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (502, "<html>Bad gateway</html>", ProviderUnavailableError),
        (403, "", AuthenticationError),
        (404, "<html>Not found</html>", ModelGoneError),
        (400, [{"error": {"code": 400, "message": "No"}}], RequestRejectedError),
        (400, {"error": "no"}, RequestRejectedError),
        (429, {"error": {"details": "none"}}, RateLimitedError),
    ],
)
def test_an_error_of_any_other_form_goes_by_its_status(status: int, body: Any, error: type[Exception]) -> None:
    assert type(GeminiVeoAdapter("veo").error(reply_of(body, status))) is error


@pytest.mark.parametrize("body", [{"done": True}, {"name": "x", "done": "perhaps"}, {}, []])
def test_an_operation_of_unknown_form_is_unexpected(body: Any, provider: str) -> None:
    adapter = {"gemini": GeminiVeoAdapter, "vertex": VertexVeoAdapter}[provider]("veo")
    with pytest.raises(UnexpectedReplyError):
        adapter.status(Job(provider=provider, model="veo", id="1"), reply_of(body))


def test_an_empty_result_has_no_video() -> None:
    status = VertexVeoAdapter("veo").status(
        Job(provider="vertex", model="veo"), reply_of({"done": True, "response": {}})
    )
    assert (status.state, status.video, status.error) == ("succeeded", None, None)


def test_a_video_in_a_bucket_is_named_in_the_error() -> None:
    body = {"done": True, "response": {"videos": [{"gcsUri": "gs://bucket/video.mp4", "mimeType": "video/mp4"}]}}
    status = VertexVeoAdapter("veo").status(Job(provider="vertex", model="veo"), reply_of(body))
    assert "gcloud storage cp gs://bucket/video.mp4" in str(status.error)


def test_a_video_that_is_no_base64_is_unexpected() -> None:
    body = {"done": True, "response": {"videos": [{"bytesBase64Encoded": "…"}]}}
    with pytest.raises(UnexpectedReplyError, match="base64"):
        VertexVeoAdapter("veo").status(Job(provider="vertex", model="veo"), reply_of(body))


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        (
            "https://generativelanguage.googleapis.com/v1beta/files/a1:download?alt=media",
            "/v1beta/files/a1:download?alt=media",
        ),
        ("https://storage.example/a1?signature=1", "https://storage.example/a1?signature=1"),
    ],
)
def test_only_files_at_google_are_fetched_below_our_base_url(uri: str, path: str) -> None:
    video = {"generatedSamples": [{"video": {"uri": uri}}]}
    body = {"done": True, "response": {"generateVideoResponse": video}}
    status = GeminiVeoAdapter("veo").status(Job(provider="gemini", model="veo"), reply_of(body))
    assert status.video == Call("GET", path)


def test_an_id_cannot_lead_a_request_elsewhere() -> None:
    job = Job(provider="gemini", model="veo", id="models/veo/operations/1?key=x#y")
    assert GeminiVeoAdapter("veo").poll(job).path == "v1beta/models/veo/operations/1%3Fkey%3Dx%23y"


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({}, "https://us-central1-aiplatform.googleapis.com"),
        ({"GCP_LOCATION": "europe-west4"}, "https://europe-west4-aiplatform.googleapis.com"),
        ({"GOOGLE_CLOUD_LOCATION": "global"}, "https://aiplatform.googleapis.com"),
        ({"GCP_LOCATION": "global", "GOOGLE_VERTEX_BASE_URL": "http://gateway/"}, "http://gateway"),
    ],
)
def test_the_host_follows_the_location(variables: dict[str, str], host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert base_url_of(provider_facts("vertex"), VertexVeoAdapter("veo").options) == host


def test_the_path_follows_project_and_location(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "example.com:team")
    monkeypatch.setenv("GCP_LOCATION", "global")
    path = VertexVeoAdapter("veo-3.1-generate-001").model_path
    assert path == "v1/projects/example.com:team/locations/global/publishers/google/models/veo-3.1-generate-001"


@pytest.mark.parametrize("location", ["evil.example/", "US", "a b", "x@y"])
def test_a_location_that_is_no_name_is_refused(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCP_LOCATION", location)
    with pytest.raises(InvalidSettingError, match="GCP_LOCATION"):
        VertexVeoAdapter("veo")


def test_a_missing_project_is_named(
    emulate: Callable[..., Any], generate: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = emulate("vertex")
    monkeypatch.delenv("GCP_PROJECT_ID")
    assert "GCP_PROJECT_ID or GOOGLE_CLOUD_PROJECT" in generate(emulator)["error"]


def test_a_given_token_is_no_parameter() -> None:
    adapter = VertexVeoAdapter("veo", access_token="a-short-lived-token")
    assert adapter.fixed == {}
    assert adapter.headers(0) == {"authorization": "Bearer a-short-lived-token"}
    assert list(adapter.secrets) == ["a-short-lived-token"]


@pytest.mark.parametrize(
    ("key", "parameters", "dollars"),
    [
        ("vertex-veo-3.1-generate", {}, 3.2),
        ("vertex-veo-3.1-generate", {"duration": 4, "generate_audio": False}, 0.8),
        ("vertex-veo-3.1-generate", {"resolution": "4k"}, 4.8),
        ("vertex-veo-3.1-generate", {"resolution": "4k", "generate_audio": False}, 3.2),
        ("vertex-veo-3.1-fast-generate", {"resolution": "1080p"}, 0.96),
        ("vertex-veo-3.1-fast-generate", {"duration": 4, "generate_audio": False}, 0.32),
        ("vertex-veo-3.1-fast-generate", {"resolution": "4k", "generate_audio": False}, 2.0),
    ],
)
def test_the_forecast_knows_resolution_and_sound(key: str, parameters: dict[str, Any], dollars: float) -> None:
    cost = forecast(catalog().get(key), parameters)
    assert cost is not None
    assert cost.amount == pytest.approx(dollars)


def test_every_retired_veo_names_one_that_is_not() -> None:
    models = [catalog().get(key) for key in catalog().names()]
    retired = [model for model in models if model.family.startswith("Google Veo") and model.lifecycle == "retired"]
    successors = {model.retirement.successor for model in retired if model.retirement is not None}
    assert successors == {"vertex-veo-3.1-generate", "vertex-veo-3.1-fast-generate"}
    assert len(retired) == 10
