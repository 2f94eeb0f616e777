"""The official SDK takes the emulator for Luma Agents."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator

import httpx
import luma_agents
import pytest
from luma_agents.types import Generation, VideoOptionsParam

from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.luma_agents import LumaAgentsEmulator

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
VIDEO: VideoOptionsParam = {"duration": "5s", "start_frame": {"data": PICTURE, "media_type": "image/png"}}


def client_of(emulator: LumaAgentsEmulator, key: str | None = None) -> luma_agents.Luma:
    return luma_agents.Luma(auth_token=key or emulator.key, base_url=emulator.base_url, max_retries=0)


def create(client: luma_agents.Luma, video: VideoOptionsParam = VIDEO) -> Generation:
    return client.generations.create(model="ray-3.2", type="video", prompt="The door opens", video=video)


def states_until_end(client: luma_agents.Luma, generation: Generation) -> Iterator[str]:
    while generation.state in {"queued", "processing"}:
        yield generation.state
        generation = client.generations.get(generation.id)
        time.sleep(0.005)
    yield generation.state


def test_generation_is_created_polled_and_fetched() -> None:
    with LumaAgentsEmulator(Behaviour(job_seconds=0.1)) as emulator, client_of(emulator) as client:
        generation = create(client)
        states = list(dict.fromkeys(states_until_end(client, generation)))
        assert states == ["queued", "processing", "completed"]
        done = client.generations.get(generation.id)
        assert done.output is not None
        assert httpx.get(done.output[0].url).content == clip()


@pytest.mark.parametrize(("outcome", "code"), [("fail", "generation_failed"), ("refuse", "content_moderated")])
def test_failed_generation_has_a_code_and_a_reason(outcome: str, code: str) -> None:
    behaviour = Behaviour.model_validate({"outcome": outcome})
    with LumaAgentsEmulator(behaviour) as emulator, client_of(emulator) as client:
        done = client.generations.get(create(client).id)
        assert (done.state, done.failure_code, done.output) == ("failed", code, [])
        assert done.failure_reason


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("rate_limited", 429, luma_agents.RateLimitError),
        ("unauthenticated", 401, luma_agents.AuthenticationError),
        ("expired_key", 401, luma_agents.AuthenticationError),
        ("no_credit", 402, luma_agents.APIStatusError),
        ("refused", 422, luma_agents.UnprocessableEntityError),
        ("invalid", 422, luma_agents.UnprocessableEntityError),
        ("gone", 404, luma_agents.NotFoundError),
        ("server_error", 502, luma_agents.InternalServerError),
        ("unavailable", 503, luma_agents.InternalServerError),
    ],
)
def test_errors_have_the_shape_that_the_sdk_reads(
    kind: FaultKind, status: int, error: type[luma_agents.APIStatusError]
) -> None:
    behaviour = Behaviour(faults=(Fault(phase="submit", kind=kind),))
    with LumaAgentsEmulator(behaviour) as emulator, client_of(emulator) as client:
        with pytest.raises(error) as caught:
            create(client)
        assert caught.value.status_code == status
        assert isinstance(caught.value.body, dict)
        assert isinstance(caught.value.body["detail"], str)


def test_wrong_key_is_not_let_in() -> None:
    with LumaAgentsEmulator() as emulator, client_of(emulator, "another-key") as client:
        with pytest.raises(luma_agents.AuthenticationError):
            create(client)
        assert not emulator.jobs


@pytest.mark.parametrize(
    ("video", "said"),
    [
        ({"start_frame": {"data": PICTURE}}, "media_type is needed"),
        ({"start_frame": {"data": "no base64!", "media_type": "image/png"}}, "no picture"),
        ({"start_frame": {"data": "aGVsbG8=", "media_type": "image/png"}}, "no picture"),
        ({"start_frame": {"url": "https://a.example/b.png", "file_id": "x"}}, "exactly one"),
        ({**VIDEO, "duration": "10s"}, "10s is not supported with start_frame"),
        ({**VIDEO, "keyframes": [{"url": "https://a.example/b.png"}], "keyframe_indexes": [0]}, "keyframes exclude"),
        ({"keyframes": [{"url": "https://a.example/b.png"}]}, "keyframe_indexes must match"),
    ],
)
def test_requests_that_luma_does_not_take_are_told_apart(video: VideoOptionsParam, said: str) -> None:
    with LumaAgentsEmulator() as emulator, client_of(emulator) as client:
        with pytest.raises(luma_agents.UnprocessableEntityError, match=said):
            create(client, video)
        assert not emulator.jobs


def test_ten_seconds_take_a_guide_frame() -> None:
    with LumaAgentsEmulator() as emulator, client_of(emulator) as client:
        picture = VIDEO["start_frame"]
        assert picture is not None
        create(client, {"duration": "10s", "keyframes": [picture], "keyframe_indexes": [0]})
        assert len(emulator.jobs) == 1
