"""The official SDK takes the emulator for Luma."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import lumaai
import pytest
from lumaai.types import Generation

from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.luma import LumaEmulator

PICTURE = "https://pictures.example/first_frame.png"


def client_of(emulator: LumaEmulator, key: str | None = None) -> lumaai.LumaAI:
    return lumaai.LumaAI(auth_token=key or emulator.key, base_url=emulator.base_url, max_retries=0)


def create(client: lumaai.LumaAI, url: str = PICTURE, prompt: str = "The door opens") -> Generation:
    return client.generations.create(
        model="ray-2", prompt=prompt, duration="5s", keyframes={"frame0": {"type": "image", "url": url}}
    )


def states_until_end(client: lumaai.LumaAI, generation: Generation) -> Iterator[str | None]:
    while generation.state in {"queued", "dreaming"}:
        yield generation.state
        generation = client.generations.get(str(generation.id))
        time.sleep(0.005)
    yield generation.state


def test_generation_is_created_polled_and_fetched() -> None:
    with LumaEmulator(Behaviour(job_seconds=0.1)) as emulator, client_of(emulator) as client:
        generation = create(client)
        states = list(dict.fromkeys(states_until_end(client, generation)))
        assert states == ["queued", "dreaming", "completed"]
        done = client.generations.get(str(generation.id))
        assert done.assets is not None
        assert httpx.get(str(done.assets.video)).content == clip()


def test_generations_are_listed_until_they_are_deleted() -> None:
    with LumaEmulator() as emulator, client_of(emulator) as client:
        first, second = create(client), create(client)
        client.generations.delete(str(first.id))
        assert [listed.id for listed in client.generations.list(limit=10).generations] == [second.id]
        with pytest.raises(lumaai.NotFoundError):
            client.generations.get(str(first.id))


@pytest.mark.parametrize("outcome", ["fail", "refuse", "cancel"])
def test_failed_generation_has_a_reason(outcome: str) -> None:
    with LumaEmulator(Behaviour.model_validate({"outcome": outcome})) as emulator, client_of(emulator) as client:
        done = client.generations.get(str(create(client).id))
        assert done.state == "failed"
        assert done.failure_reason
        assert done.assets is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", lumaai.RateLimitError),
        ("unauthenticated", lumaai.AuthenticationError),
        ("expired_key", lumaai.PermissionDeniedError),
        ("no_credit", lumaai.BadRequestError),
        ("refused", lumaai.BadRequestError),
        ("invalid", lumaai.BadRequestError),
        ("gone", lumaai.NotFoundError),
        ("server_error", lumaai.InternalServerError),
        ("unavailable", lumaai.InternalServerError),
    ],
)
def test_errors_have_the_shape_that_the_sdk_reads(kind: FaultKind, error: type[lumaai.APIStatusError]) -> None:
    with LumaEmulator(Behaviour(faults=(Fault(phase="submit", kind=kind),))) as emulator, client_of(emulator) as client:
        with pytest.raises(error) as caught:
            create(client)
        assert isinstance(caught.value.body, dict)
        assert isinstance(caught.value.body["detail"], str)


def test_wrong_key_is_not_let_in() -> None:
    with LumaEmulator() as emulator, client_of(emulator, "another-key") as client:
        with pytest.raises(lumaai.AuthenticationError):
            create(client)
        assert not emulator.jobs


@pytest.mark.parametrize(
    ("url", "prompt", "said"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", "The door opens", "frame0"),
        ("http://pictures.example/first_frame.png", "The door opens", "frame0"),
        ("https://10.0.0.1/first_frame.png", "The door opens", "frame0"),
        ("https://bucket.internal/first_frame.png", "The door opens", "frame0"),
        (PICTURE, "Go", "Prompt is too short, minimum length is 3 characters"),
        (PICTURE, "G" * 5001, "Prompt is too long, maximum length is 5000 characters"),
    ],
)
def test_requests_that_luma_does_not_take_are_told_apart(url: str, prompt: str, said: str) -> None:
    with LumaEmulator() as emulator, client_of(emulator) as client, pytest.raises(lumaai.BadRequestError, match=said):
        create(client, url, prompt)


def test_one_generation_too_many_is_a_rate_limit() -> None:
    with LumaEmulator(Behaviour(concurrency=1, outcome="never_end")) as emulator, client_of(emulator) as client:
        create(client)
        with pytest.raises(lumaai.RateLimitError):
            create(client)
        assert len(emulator.jobs) == 1
