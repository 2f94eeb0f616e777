"""The official SDK takes the emulator for OpenAI."""

from __future__ import annotations

import io

import httpx
import openai
import pytest
from openai.types import Video, VideoSeconds, VideoSize
from PIL import Image

from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.openai import OpenAiEmulator


def client_of(emulator: OpenAiEmulator, key: str | None = None) -> openai.OpenAI:
    return openai.OpenAI(api_key=key or emulator.key, base_url=emulator.base_url, max_retries=0)


def picture(width: int, height: int, kind: str = "PNG") -> tuple[str, bytes, str]:
    content = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(content, kind)
    return f"a.{kind.lower()}", content.getvalue(), f"image/{kind.lower()}"


def create(client: openai.OpenAI, size: VideoSize = "1280x720", seconds: VideoSeconds = "4") -> Video:
    return client.videos.create(
        prompt="The door opens", model="sora-2", size=size, seconds=seconds, input_reference=picture(1280, 720)
    )


def test_video_is_created_polled_fetched_and_deleted() -> None:
    with OpenAiEmulator(Behaviour(job_seconds=0.05)) as emulator, client_of(emulator) as client:
        video = create(client, seconds="8")
        assert (video.status, video.seconds, video.size, video.progress) == ("queued", "8", "1280x720", 0)
        done = client.videos.poll(video.id)
        assert (done.status, done.progress) == ("completed", 100)
        assert client.videos.download_content(video.id).read() == clip()
        assert client.videos.delete(video.id).deleted
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(video.id)


def test_poll_waits_as_long_as_it_is_told() -> None:
    with OpenAiEmulator(Behaviour(outcome="never_end", poll_after=0.25)) as emulator, client_of(emulator) as client:
        told = client.videos.with_raw_response.retrieve(create(client).id).headers["openai-poll-after-ms"]
        assert told == "250"


def test_form_arrives_as_the_sdk_sends_it() -> None:
    with OpenAiEmulator() as emulator, client_of(emulator) as client:
        job = emulator.jobs[create(client).id]
        assert job.body == {
            "prompt": "The door opens",
            "model": "sora-2",
            "seconds": "4",
            "size": "1280x720",
            "has_picture": True,
        }


def test_video_without_a_picture_has_the_defaults() -> None:
    with OpenAiEmulator() as emulator, client_of(emulator) as client:
        video = client.videos.create(prompt="A door")
        assert (video.model, video.seconds, video.size) == ("sora-2", "4", "720x1280")
        assert emulator.jobs[video.id].body["has_picture"] is False


@pytest.mark.parametrize(
    ("reference", "size", "said"),
    [
        (picture(640, 360), "1280x720", "Inpaint image must match the requested width and height"),
        (picture(1280, 720, "BMP"), "1280x720", "JPEG, PNG or WebP"),
        (("a.png", b"no picture", "image/png"), "1280x720", "JPEG, PNG or WebP"),
        (picture(1792, 1024), "1792x1024", "size must be one of 720x1280, 1280x720"),
    ],
)
def test_picture_must_have_the_size_of_the_video(reference: tuple[str, bytes, str], size: VideoSize, said: str) -> None:
    with OpenAiEmulator() as emulator, client_of(emulator) as client:
        with pytest.raises(openai.BadRequestError, match=said):
            client.videos.create(prompt="A door", size=size, input_reference=reference)
        assert not emulator.jobs


def test_json_body_is_taken_too() -> None:
    with OpenAiEmulator() as emulator:
        body = {"prompt": "A door", "seconds": "12", "input_reference": {"image_url": "data:image/png;base64,AAAA"}}
        headers = {"authorization": f"Bearer {emulator.key}"}
        assert httpx.post(f"{emulator.base_url}/videos", json=body, headers=headers).status_code == 400
        del body["input_reference"]
        assert httpx.post(f"{emulator.base_url}/videos", json=body, headers=headers).json()["seconds"] == "12"


@pytest.mark.parametrize(("outcome", "code"), [("fail", "internal_error"), ("refuse", "moderation_blocked")])
def test_failed_video_has_an_error(outcome: str, code: str) -> None:
    with OpenAiEmulator(Behaviour.model_validate({"outcome": outcome})) as emulator, client_of(emulator) as client:
        video = client.videos.poll(create(client).id)
        assert video.status == "failed"
        assert video.error is not None
        assert video.error.code == code
        with pytest.raises(openai.NotFoundError):
            client.videos.download_content(video.id)


def test_running_video_cannot_be_deleted() -> None:
    with OpenAiEmulator(Behaviour(outcome="never_end")) as emulator, client_of(emulator) as client:
        with pytest.raises(openai.BadRequestError):
            client.videos.delete(create(client).id)
        assert emulator.in_flight == 1


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("rate_limited", openai.RateLimitError, "rate_limit_exceeded"),
        ("unauthenticated", openai.AuthenticationError, "invalid_api_key"),
        ("expired_key", openai.AuthenticationError, "invalid_api_key"),
        ("no_credit", openai.RateLimitError, "insufficient_quota"),
        ("refused", openai.BadRequestError, "moderation_blocked"),
        ("invalid", openai.BadRequestError, "invalid_value"),
        ("gone", openai.NotFoundError, "not_found"),
        ("server_error", openai.InternalServerError, "server_error"),
        ("unavailable", openai.InternalServerError, "server_error"),
    ],
)
def test_errors_have_the_shape_that_the_sdk_reads(
    kind: FaultKind, error: type[openai.APIStatusError], code: str
) -> None:
    behaviour = Behaviour(faults=(Fault(phase="submit", kind=kind),))
    with OpenAiEmulator(behaviour) as emulator, client_of(emulator) as client:
        with pytest.raises(error) as caught:
            create(client)
        assert caught.value.code == code
        assert caught.value.request_id


def test_wrong_key_is_not_let_in() -> None:
    with OpenAiEmulator() as emulator, client_of(emulator, "another-key") as client:
        with pytest.raises(openai.AuthenticationError):
            create(client)
        assert not emulator.jobs
