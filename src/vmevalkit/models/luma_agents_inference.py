"""Luma Agents: ray-3.2. The picture goes in as base64.

Source: the official SDK `luma-agents` 0.5.0 and Luma's pages "Error handling" and "Create a generation";
docs/providers.md says what is unverified.
"""

from __future__ import annotations

from vmevalkit.errors import (
    ContentRefusedError,
    InvalidRequestError,
    JobFailedError,
    ProviderError,
    QuotaExhaustedError,
    RequestRejectedError,
)
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, coded, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, input_image
from vmevalkit.records.base import JsonObject
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal

_STATES: dict[str, JobState] = {
    "queued": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
}
_KINDS: dict[str, type[ProviderError]] = {
    "content_moderated": ContentRefusedError,
    "budget_exhausted": QuotaExhaustedError,
    "image_too_large": RequestRejectedError,
    "unsupported_format": RequestRejectedError,
    "corrupt_input": RequestRejectedError,
    "invalid_request": RequestRejectedError,
}
"""What the failure codes stand for. The rest are failures of the job, which is not submitted again by itself: whether
it was paid for is not documented."""
_MODERATION_WORDS = ("moderation", "moderated", "content policy", "content guidelines")
_LONG_SECONDS = 10


class LumaAgentsAdapter(ApiAdapter):
    """What Luma Agents is told and what it answers; `model` is its own model id."""

    provider = "luma-agents"
    states = _STATES

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video."""
        image = input_image(request.image_path)
        video = self.asked(request)
        ratio = video.pop("aspect_ratio", None)
        if request.duration is not None:
            video["duration"] = f"{request.duration:g}s"
        _check_loop(video, request.duration)
        common: JsonObject = {"type": "video", **({"aspect_ratio": ratio} if ratio is not None else {})}
        pictured: JsonObject = {**video, **_anchored(image, request.duration)}
        body: JsonObject = {"model": self.model, "prompt": request.prompt, **common, "video": pictured}
        return Order(Call("POST", "generations", json=body), {**common, "video": video}, image.transforms)

    def poll(self, job: Job) -> Call:
        """The request for a generation."""
        return Call("GET", f"generations/{segment(job.id)}")

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the generation stands."""
        state = self.state_in(reply, "state")
        if state == "failed":
            return self._failed_status(reply)
        url = _video_url(reply) if state == "succeeded" else None
        return JobStatus(state, video=Call("GET", url) if url else None)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status and the words of an answer stand for."""
        said = reply.text_at("detail")
        kind = kind_by_status(reply.status)
        if reply.status in {400, 422} and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said or reply.text, reply)

    def _failed_status(self, reply: Reply) -> JobStatus:
        code, reason = reply.text_at("failure_code"), reply.text_at("failure_reason")
        kind = _KINDS.get(code or "", JobFailedError)
        return without_video(self.provider, kind, coded(code, reason), reply)


class LumaAgentsWrapper(ApiWrapper):
    """The face of the models behind Luma Agents."""

    adapter = LumaAgentsAdapter


def _anchored(image: InputImage, duration: float | None) -> JsonObject:
    """The picture where the video begins. `start_frame` is for 5 seconds only; longer ones take a guide frame at 0."""
    picture: JsonObject = {"data": image.base64, "media_type": image.media_type}
    if duration == _LONG_SECONDS:
        return {"keyframes": [picture], "keyframe_indexes": [0]}
    return {"start_frame": picture}


def _check_loop(video: JsonObject, duration: float | None) -> None:
    if video.get("loop") and duration == _LONG_SECONDS:
        raise InvalidRequestError(
            "The parameter loop is true, for a video of 10 seconds",
            expected="a duration of 5 seconds: longer videos cannot loop",
            next_step="Leave out loop, or ask for 5 seconds",
            field="loop",
            value=True,
        )


def _video_url(reply: Reply) -> str | None:
    outputs = reply.at("output")
    for number in range(len(outputs) if isinstance(outputs, list) else 0):
        if reply.at("output", number, "type") == "video":
            return reply.text_at("output", number, "url")
    return None
