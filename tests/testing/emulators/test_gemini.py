"""The official SDK finds in the emulator what it finds at the Gemini API."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from vmevalkit.models.catalog.reader import find_models
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.gemini import GeminiEmulator

genai = pytest.importorskip("google.genai")

MODEL = "veo-3.1-generate-preview"


@pytest.fixture
def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 36), "red").save(file, format="PNG")
    return file.getvalue()


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """Makes a client of the SDK for an emulator; its connections are closed after the test."""
    clients = []

    def make(emulator: GeminiEmulator, key: str | None = None) -> Any:
        options = genai.types.HttpOptions(base_url=emulator.base_url)
        clients.append(genai.Client(api_key=key or emulator.key, http_options=options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def submit(picture: bytes) -> Callable[..., Any]:
    """Submits a job with a client of the SDK."""

    def call(client: Any, model: str = MODEL, mime_type: str = "image/png", **config: Any) -> Any:
        image = genai.types.Image(image_bytes=picture, mime_type=mime_type)
        source = genai.types.GenerateVideosSource(prompt="Go", image=image)
        return client.models.generate_videos(
            model=model, source=source, config=genai.types.GenerateVideosConfig(**config)
        )

    return call


def test_the_sdk_goes_from_submit_to_video(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator() as emulator:
        client = connect(emulator)
        operation = submit(client, aspect_ratio="16:9", duration_seconds=8, resolution="1080p")
        assert not operation.done
        operation = client.operations.get(operation)
        assert operation.done
        assert client.files.download(file=operation.response.generated_videos[0].video) == clip()
    (job,) = emulator.jobs.values()
    assert job.body["parameters"] == {"aspectRatio": "16:9", "durationSeconds": 8, "resolution": "1080p"}


def test_done_is_left_out_while_a_job_runs(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator(Behaviour(outcome="never_end")) as emulator:
        client = connect(emulator)
        name = submit(client).name
        reply = httpx.get(f"{emulator.base_url}/v1beta/{name}", headers={"x-goog-api-key": emulator.key})
    assert reply.json() == {"name": name}


def test_the_sdk_follows_a_redirect_to_the_file(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator(Behaviour(faults=(Fault(phase="fetch", kind="redirect"),))) as emulator:
        client = connect(emulator)
        operation = client.operations.get(submit(client))
        assert client.files.download(file=operation.response.generated_videos[0].video) == clip()
        assert emulator.requests["fetch"] == 2


@pytest.mark.parametrize(("outcome", "code"), [("fail", 13), ("cancel", 1)])
def test_the_sdk_reads_the_error_of_a_job(
    outcome: Any, code: int, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    with GeminiEmulator(Behaviour(outcome=outcome)) as emulator:
        client = connect(emulator)
        operation = client.operations.get(submit(client))
    assert operation.done
    assert operation.error["code"] == code


@pytest.mark.parametrize(("moderation", "word"), [("filtered", "61493863"), ("audio", "not been charged")])
def test_the_sdk_reads_why_a_video_is_left_out(
    moderation: Any, word: str, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    with GeminiEmulator(Behaviour(outcome="refuse")) as emulator:
        emulator.moderation = moderation
        client = connect(emulator)
        response = client.operations.get(submit(client)).response
    assert not response.generated_videos
    assert response.rai_media_filtered_count == 1
    assert word in response.rai_media_filtered_reasons[0]


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("no_credit", 429, "RESOURCE_EXHAUSTED"),
        ("refused", 400, "INVALID_ARGUMENT"),
        ("expired_key", 400, "INVALID_ARGUMENT"),
        ("gone", 404, "NOT_FOUND"),
        ("server_error", 500, "INTERNAL"),
        ("unavailable", 503, "UNAVAILABLE"),
    ],
)
def test_the_sdk_reads_the_errors_of_the_api(
    kind: Any, code: int, status: str, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    faults = (Fault(phase="submit", kind=kind),)
    with GeminiEmulator(Behaviour(faults=faults)) as emulator, pytest.raises(genai.errors.APIError) as caught:
        submit(connect(emulator))
    assert (caught.value.code, caught.value.status) == (code, status)
    assert not emulator.jobs


def test_a_wrong_key_is_refused_as_an_invalid_argument(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator() as emulator, pytest.raises(genai.errors.ClientError, match="API key not valid"):
        submit(connect(emulator, key="another"))


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"duration_seconds": 5}, "durationSeconds"),
        ({"duration_seconds": 4, "resolution": "1080p"}, "must be 8"),
        ({"model": "veo-2.0-generate-001", "resolution": "720p"}, "resolution"),
        ({"model": "veo-3.1-lite-generate-preview", "resolution": "4k"}, "resolution"),
        ({"aspect_ratio": "1:1"}, "aspectRatio"),
        ({"mime_type": "image/gif"}, "mimeType"),
        ({"mime_type": "image/jpeg"}, "not what its"),
        ({"person_generation": "allow_all"}, "personGeneration"),
        ({"person_generation": "disallow"}, "personGeneration"),
        ({"model": "veo-3.1-generate-001"}, "NOT_FOUND"),
    ],
)
def test_what_veo_does_not_take_is_refused(
    given: dict[str, Any], word: str, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    with GeminiEmulator() as emulator, pytest.raises(genai.errors.ClientError, match=word):
        submit(connect(emulator), **given)


def test_its_models_are_those_of_the_catalog() -> None:
    assert {model.model for model in find_models(family="Google Veo")} == GeminiEmulator.models


@pytest.mark.parametrize("name", ["seed", "generateAudio"])
def test_what_only_vertex_takes_is_refused(name: str) -> None:
    body = {"instances": [{"prompt": "Go"}], "parameters": {name: 1}}
    with GeminiEmulator() as emulator:
        address = f"{emulator.base_url}/v1beta/models/{MODEL}:predictLongRunning"
        reply = httpx.post(address, headers={"x-goog-api-key": emulator.key}, json=body)
    assert reply.status_code == 400
    assert name in reply.json()["error"]["message"]


def test_a_video_is_not_given_without_the_key(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator() as emulator:
        client = connect(emulator)
        uri = client.operations.get(submit(client)).response.generated_videos[0].video.uri
        path = uri.removeprefix("https://generativelanguage.googleapis.com/")
        reply = httpx.get(f"{emulator.base_url}/{path}")
    assert reply.status_code == 400
    assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"


def test_one_job_too_many_is_refused(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with GeminiEmulator(Behaviour(outcome="never_end", concurrency=1)) as emulator:
        client = connect(emulator)
        submit(client)
        with pytest.raises(genai.errors.ClientError, match="RESOURCE_EXHAUSTED"):
            submit(client)
