"""OpenAI Sora: sora-2 and sora-2-pro, switched off on 2026-09-24. Kept for runs through a gateway or the emulator.

Source: the official SDK `openai` 2.54.0 and OpenAI's OpenAPI file; docs/providers.md says what is unverified.
"""

from __future__ import annotations

from vmevalkit.errors import (
    ContentRefusedError,
    JobFailedError,
    ModelGoneError,
    ProviderError,
    QuotaExhaustedError,
)
from vmevalkit.media.images import image_size
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, coded, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import Fit, closest_name, input_image, parse_size
from vmevalkit.models.limits import check_value
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal

_STATES: dict[str, JobState] = {
    "queued": "queued",
    "in_progress": "running",
    "completed": "succeeded",
    "failed": "failed",
}
_SIZES = {size: parse_size(size) for size in ("1280x720", "720x1280", "1792x1024", "1024x1792")}
_USUAL_SIZES = {size: _SIZES[size] for size in ("1280x720", "720x1280")}
"""The sizes that both models make and that cost least; one of them is chosen where the caller names none."""
_KINDS: dict[str, type[ProviderError]] = {
    "insufficient_quota": QuotaExhaustedError,
    "billing_hard_limit_reached": QuotaExhaustedError,
    "moderation_blocked": ContentRefusedError,
    "content_policy_violation": ContentRefusedError,
    "model_not_found": ModelGoneError,
}
_MODERATION_WORDS = ("moderation", "content policy", "safety system")


class OpenAiAdapter(ApiAdapter):
    """What OpenAI is told and what it answers; `model` is its own model id."""

    provider = "openai"
    states = _STATES

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video: a form with the picture, which must have the very size of the video."""
        given = self.asked(request)
        fit: Fit = given.pop("fit", "pad")
        size = given.get("size") or closest_name(image_size(request.image_path), _USUAL_SIZES)
        check_value("OpenAI", "size", size, fits=size in _SIZES, allowed=f"one of {', '.join(_SIZES)}")
        image = input_image(request.image_path, _SIZES[size], fit)
        seconds = {"seconds": f"{request.duration:g}"} if request.duration is not None else {}
        sent = {**{name: str(value) for name, value in given.items()}, **seconds, "size": size}
        form = {"prompt": request.prompt, "model": self.model, **sent}
        call = Call("POST", "videos", form=form, files={"input_reference": image.part})
        return Order(call, dict(sent), image.transforms)

    def poll(self, job: Job) -> Call:
        """The request for a video's state."""
        return Call("GET", _path(job))

    def status(self, job: Job, reply: Reply) -> JobStatus:
        """How the video stands; its content is kept at the API's own address, for an hour."""
        state = self.state_in(reply, "status")
        if state == "failed":
            return self._failed_status(reply)
        if state == "succeeded":
            return JobStatus(state, 1.0, Call("GET", f"{_path(job)}/content"))
        progress = reply.at("progress")
        return JobStatus(state, progress / 100 if isinstance(progress, int | float) else None)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status and the code of an answer stand for."""
        code, said = reply.text_at("error", "code"), reply.text_at("error", "message")
        kind = kind_by_status(reply.status)
        if reply.status < 500:
            kind = _KINDS.get(code or "", kind)
        if reply.status == 400 and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said or reply.text, reply)

    def _failed_status(self, reply: Reply) -> JobStatus:
        code, message = reply.text_at("error", "code"), reply.text_at("error", "message")
        kind = ContentRefusedError if mentions(message, _MODERATION_WORDS) else _KINDS.get(code or "", JobFailedError)
        return without_video(self.provider, kind, coded(code, message), reply)


class OpenAiWrapper(ApiWrapper):
    """The face of Sora."""

    adapter = OpenAiAdapter


def _path(job: Job) -> str:
    return f"videos/{segment(job.id)}"
