"""Runway: Gen-4 and its siblings, which animate a picture, and Aleph, which edits a video.

Source: the official SDK `runwayml` 5.24.0 and Runway's documentation; docs/providers.md says what is unverified.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from typing import Any

from vmevalkit.errors import (
    ContentRefusedError,
    InvalidRequestError,
    JobFailedError,
    ModelGoneError,
    ProviderError,
    QuotaExhaustedError,
    RequestRejectedError,
)
from vmevalkit.media.encode import encode
from vmevalkit.media.images import image_size, open_image
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, Size, closest_name, input_image, parse_size
from vmevalkit.models.limits import check_value, whole_seconds
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import Cost, InputTransform
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal

API_VERSION = "2024-11-06"
MOST_URI_CHARACTERS = 5_000_000
"""Longest data URI: "up to 5MB", of the encoded text."""
MOST_PROMPT_UNITS = 1000
"""Longest prompt, in UTF-16 code units."""
MOST_SEED = 2**32 - 1
CREDITS_PER_USD = 100
USUAL_SECONDS = 5
HELD_FPS = 24
"""Frames per second of the video that holds the first frame."""

_HELD_CRF = 8  # a picture that does not move takes little room, and its lines should stay what they are
_RATIOS = ("1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672")
_OLD_RATIOS = {"gen3a_turbo": ("1280:768", "768:1280")}
_VIDEO_MODELS = {"gen4_aleph", "aleph2"}
_PROMPTLESS_MODELS = {"gen4_turbo", "aleph2"}
_STATES: dict[str, JobState] = {
    "PENDING": "queued",
    "THROTTLED": "queued",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}
_CREDIT_WORDS = ("enough credits",)
_MODERATION_WORDS = ("moderation", "content policy", "safety")


class RunwayAdapter(ApiAdapter):
    """What Runway is told and what it answers."""

    provider = "runway"
    states = _STATES

    def headers(self, now: float) -> dict[str, str]:
        """The key, and the version of the API, without which nothing is answered."""
        return {**super().headers(now), "x-runway-version": API_VERSION}

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video; the picture goes in as a data URI, for Aleph as a video that holds it."""
        given = self.asked(request)
        sizes = {ratio: parse_size(ratio) for ratio in _OLD_RATIOS.get(self.model, _RATIOS)}
        ratio = _ratio(given.pop("ratio", None), request.image_path, sizes)
        image = input_image(request.image_path, sizes[ratio], given.pop("fit", "pad"))
        # It says nowhere what it takes for none, so it is always told one.
        seconds = whole_seconds("Runway", USUAL_SECONDS if request.duration is None else request.duration)
        body: JsonObject = {"model": self.model, **self._prompt(request.prompt)}
        if self.model in _VIDEO_MODELS:
            held, transform = _held(image, seconds)
            sent = _parameters(given)
            call = Call("POST", "v1/video_to_video", json={**body, "videoUri": _checked(held), **sent})
            return Order(call, sent, (*image.transforms, transform))
        sent = {"ratio": ratio, "duration": seconds, **_parameters(given)}
        call = Call("POST", "v1/image_to_video", json={**body, "promptImage": _checked(image.data_uri), **sent})
        return Order(call, sent, image.transforms)

    def poll(self, job: Job) -> Call:
        """The request for a task."""
        return Call("GET", _task(job))

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the task stands, and in the end what it costs."""
        state = self.state_in(reply, "status")
        if state in {"queued", "running"}:
            progress = reply.at("progress")
            return JobStatus(state, float(progress) if isinstance(progress, int | float) else None)
        if state == "succeeded":
            url = reply.text_at("output", 0)
            return JobStatus(state, video=Call("GET", url) if url else None, cost=_cost(reply))
        return self._failed(state, reply)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status and the words of an answer stand for."""
        kind, said = kind_by_status(reply.status), _said(reply)
        if reply.status < 500 and mentions(said, _CREDIT_WORDS):
            kind = QuotaExhaustedError
        elif reply.status == 400 and "model" in _fields_at_fault(reply):
            kind = ModelGoneError
        elif reply.status == 400 and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said, reply)

    def cancel(self, job: Job) -> Call:
        """The request that ends a task, or deletes one that has ended; one that was running is charged."""
        return Call("DELETE", _task(job))

    def _failed(self, state: JobState, reply: Reply) -> JobStatus:
        code = reply.text_at("failureCode")
        said = reply.text_at("failure") or state
        if code is not None:
            said = f"{said} ({code})"
        return without_video(self.provider, _failure_kind(code), said, reply, state=state, cost=_cost(reply))

    def _prompt(self, prompt: str) -> JsonObject:
        """The prompt as a field; none for an empty one, where the model can do without."""
        units = len(prompt.encode("utf-16-le", "surrogatepass")) // 2
        if units > MOST_PROMPT_UNITS or (not units and self.model not in _PROMPTLESS_MODELS):
            raise InvalidRequestError(
                f"The prompt has {units} UTF-16 code units",
                expected=f"1 to {MOST_PROMPT_UNITS}",
                next_step="Change the task's prompt.txt",
                field="prompt",
                value=units,
            )
        return {"promptText": prompt} if prompt else {}


class RunwayWrapper(ApiWrapper):
    """The face of every model behind Runway."""

    adapter = RunwayAdapter


def _task(job: Job) -> str:
    return f"v1/tasks/{segment(job.id)}"


def _ratio(asked: str | None, image: Path, sizes: dict[str, Size]) -> str:
    """The ratio asked for, else the one closest in shape to the picture."""
    if asked is None:
        return closest_name(image_size(image), sizes)
    check_value("Runway", "ratio", asked, fits=asked in sizes, allowed=f"one of {', '.join(sizes)}")
    return asked


def _parameters(given: Mapping[str, Any]) -> JsonObject:
    """The parameters in Runway's words."""
    sent, seed = dict(given), given.get("seed", 0)
    check_value("Runway", "seed", seed, fits=0 <= seed <= MOST_SEED, allowed=f"0 to {MOST_SEED}")
    if (threshold := sent.pop("public_figure_threshold", None)) is not None:
        sent["contentModeration"] = {"publicFigureThreshold": threshold}
    return sent


def _held(image: InputImage, seconds: int) -> tuple[str, InputTransform]:
    """A video that shows nothing but the picture, as a data URI, and the record of the change."""
    frames = seconds * HELD_FPS
    with tempfile.TemporaryDirectory() as folder:
        picture, video = Path(folder) / "first_frame.png", Path(folder) / "held.mp4"
        picture.write_bytes(image.content)
        encode(repeat(open_image(picture), frames), video, HELD_FPS, crf=_HELD_CRF)
        uri = f"data:video/mp4;base64,{base64.b64encode(video.read_bytes()).decode()}"
    width, height = image.size
    size: JsonObject = {"width": width, "height": height}
    after: JsonObject = {**size, "format": "MP4", "frames": frames, "fps": HELD_FPS, "seconds": seconds}
    return uri, InputTransform(target="first_frame", operation="hold", before=size, after=after)


def _checked(uri: str) -> str:
    if len(uri) > MOST_URI_CHARACTERS:
        raise InvalidRequestError(
            f"The first frame takes {len(uri)} characters as a data URI",
            expected=f"at most {MOST_URI_CHARACTERS}",
            next_step="Make the task's picture smaller",
            field="first_frame",
            value=len(uri),
        )
    return uri


def _failure_kind(code: str | None) -> type[ProviderError]:
    """What a failure code means; the rest, as INTERNAL and THIRD_PARTY.UNAVAILABLE, are faults that may pass."""
    parts = (code or "").split(".")
    if "SAFETY" in parts:
        return ContentRefusedError
    return RequestRejectedError if parts[0] == "ASSET" else JobFailedError


def _cost(reply: Reply) -> Cost | None:
    credits_spent = reply.at("cost", "credits")
    if not isinstance(credits_spent, int | float):
        return None
    return Cost(amount=credits_spent / CREDITS_PER_USD, source="provider")


def _issues(reply: Reply) -> list[Any]:
    issues = reply.at("issues")
    return [issue for issue in issues if isinstance(issue, dict)] if isinstance(issues, list) else []


def _fields_at_fault(reply: Reply) -> set[str]:
    paths = [issue.get("path") for issue in _issues(reply)]
    return {str(path[0]) for path in paths if isinstance(path, list) and path}


def _said(reply: Reply) -> str:
    """What the error says, with the field each issue is about."""
    said = reply.text_at("error") or reply.text
    issues = [f"{'.'.join(map(str, issue.get('path') or []))}: {issue.get('message')}" for issue in _issues(reply)]
    return f"{said}: {'; '.join(issues)}" if issues else said
