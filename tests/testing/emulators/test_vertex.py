"""The official SDK finds in the emulator what it finds at Vertex AI."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from google.oauth2.credentials import Credentials
from PIL import Image

from vmevalkit.models.catalog.reader import find_models
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.vertex import VertexEmulator

genai = pytest.importorskip("google.genai")

MODEL = "veo-3.1-generate-001"


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """Makes a client of the SDK for an emulator; its connections are closed after the test."""
    clients = []

    def make(emulator: VertexEmulator, token: str | None = None) -> Any:
        clients.append(
            genai.Client(
                vertexai=True,
                project="my-project",
                location="us-central1",
                credentials=Credentials(token=token or emulator.key),  # type: ignore[no-untyped-call]
                http_options=genai.types.HttpOptions(base_url=emulator.base_url),
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def submit() -> Callable[..., Any]:
    """Submits a job with a client of the SDK."""
    file = io.BytesIO()
    Image.new("RGB", (64, 36), "red").save(file, format="PNG")
    image = genai.types.Image(image_bytes=file.getvalue(), mime_type="image/png")

    def call(client: Any, model: str = MODEL, **config: Any) -> Any:
        return client.models.generate_videos(
            model=model,
            source=genai.types.GenerateVideosSource(prompt="Go", image=image),
            config=genai.types.GenerateVideosConfig(**config),
        )

    return call


def test_the_sdk_goes_from_submit_to_video(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator() as emulator:
        client = connect(emulator)
        operation = submit(client, duration_seconds=6, seed=7, generate_audio=False)
        assert not operation.done
        assert operation.name.startswith("projects/my-project/locations/us-central1/publishers/google/models/")
        operation = client.operations.get(operation)
    assert operation.done
    assert operation.response.generated_videos[0].video.video_bytes == clip()
    (job,) = emulator.jobs.values()
    assert job.body["parameters"] == {"durationSeconds": 6, "seed": 7, "generateAudio": False}


@pytest.mark.parametrize(("outcome", "code"), [("fail", 13), ("cancel", 1)])
def test_the_sdk_reads_the_error_of_a_job(
    outcome: Any, code: int, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    with VertexEmulator(Behaviour(outcome=outcome)) as emulator:
        client = connect(emulator)
        operation = client.operations.get(submit(client))
    assert operation.error["code"] == code


def test_the_sdk_reads_the_support_codes_of_a_refusal(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator(Behaviour(outcome="refuse")) as emulator:
        emulator.moderation = "error"
        client = connect(emulator)
        operation = client.operations.get(submit(client))
    assert "Support codes: 61493863" in operation.error["message"]


def test_the_sdk_reads_why_a_video_is_left_out(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator(Behaviour(outcome="refuse")) as emulator:
        client = connect(emulator)
        response = client.operations.get(submit(client)).response
    assert not response.generated_videos
    assert response.rai_media_filtered_count == 1


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("no_credit", 403, "PERMISSION_DENIED"),
        ("unauthenticated", 401, "UNAUTHENTICATED"),
        ("gone", 404, "NOT_FOUND"),
        ("unavailable", 503, "UNAVAILABLE"),
    ],
)
def test_the_sdk_reads_the_errors_of_the_api(
    kind: Any, code: int, status: str, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    faults = (Fault(phase="submit", kind=kind),)
    with VertexEmulator(Behaviour(faults=faults)) as emulator, pytest.raises(genai.errors.APIError) as caught:
        submit(connect(emulator))
    assert (caught.value.code, caught.value.status) == (code, status)


def test_a_wrong_token_is_refused(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator() as emulator, pytest.raises(genai.errors.ClientError, match="UNAUTHENTICATED"):
        submit(connect(emulator, token="another"))


@pytest.mark.parametrize("model", ["sora-2", "veo-3.1-generate-preview"])
def test_a_model_that_it_does_not_have_is_not_found(
    model: str, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    with VertexEmulator() as emulator, pytest.raises(genai.errors.ClientError, match="NOT_FOUND"):
        submit(connect(emulator), model=model)


def test_its_models_are_those_of_the_catalog() -> None:
    assert {model.model for model in find_models(family="Google Veo on Vertex AI")} == VertexEmulator.models


@pytest.mark.parametrize(("people", "is_taken"), [("allow_adult", True), ("disallow", True), ("allow_all", False)])
def test_adults_may_be_shown_or_nobody(
    people: str, is_taken: bool, connect: Callable[..., Any], submit: Callable[..., Any]
) -> None:
    refused = nullcontext() if is_taken else pytest.raises(genai.errors.ClientError, match="personGeneration")
    with VertexEmulator() as emulator, refused:
        submit(connect(emulator), person_generation=people)


def test_an_operation_is_asked_of_its_own_model(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator() as emulator:
        name = submit(connect(emulator)).name
        path = name.rpartition("/operations/")[0].replace(MODEL, "veo-3.1-fast-generate-001")
        headers = {"authorization": f"Bearer {emulator.key}"}
        reply = httpx.post(
            f"{emulator.base_url}/v1/{path}:fetchPredictOperation", json={"operationName": name}, headers=headers
        )
    assert reply.status_code == 400


def test_a_lost_operation_is_not_found(connect: Callable[..., Any], submit: Callable[..., Any]) -> None:
    with VertexEmulator() as emulator:
        client = connect(emulator)
        operation = submit(client)
        emulator.jobs.clear()
        with pytest.raises(genai.errors.ClientError, match="NOT_FOUND"):
            client.operations.get(operation)
