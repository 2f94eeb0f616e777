"""WaveSpeed AI: Wan 2.1, Wan 2.2 and Veo 3.1, resold behind one API.

Source: the official SDK `wavespeed` 2.0.5 and WaveSpeed's documentation; docs/providers.md says what is unverified.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from vmevalkit.errors import ContentRefusedError, JobFailedError, ProviderError, QuotaExhaustedError
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import input_image
from vmevalkit.records.base import JsonObject
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal, unexpected

_STATES: dict[str, JobState] = {
    "created": "queued",
    "processing": "running",
    "completed": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "timeout": "failed",
    "deleted": "cancelled",
}
_OK = 200
_MODERATION_WORDS = ("nsfw", "sensitive", "moderation", "safety", "policy", "prohibited")
_BALANCE_WORDS = ("balance", "credit", "top up", "top-up")


class WaveSpeedAdapter(ApiAdapter):
    """What WaveSpeed is told and what it answers; `model` is the path below `/api/v3/`."""

    provider = "wavespeed"

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video; the picture goes in as a data URI."""
        image = input_image(request.image_path)
        sent = self._parameters(request)
        transforms = image.transforms
        pictures: JsonObject = {"image": image.data_uri}
        if (final := request.parameters.get("final_frame")) is not None:
            last = input_image(final, target="final_frame")
            transforms += last.transforms
            pictures["last_image"] = last.data_uri
        body = {"prompt": request.prompt, **pictures, **sent}
        return Order(Call("POST", f"api/v3/{self.model}", json=body), sent, transforms)

    def job(self, job: Job, reply: Reply) -> Job:
        """The job with its prediction id."""
        return job.model_copy(update={"id": reply.text_at("data", "id")})

    def poll(self, job: Job) -> Call:
        """The request for a prediction's result."""
        return Call("GET", f"api/v3/predictions/{quote(str(job.id), safe='')}/result")

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the prediction stands."""
        told = reply.text_at("data", "status")
        state = _STATES.get(told or "")
        if state is None:
            raise unexpected(self.provider, f"one of the states {', '.join(_STATES)}", reply)
        if state in {"queued", "running"}:
            return JobStatus(state)
        if state == "succeeded":
            return self._succeeded(reply)
        said = reply.text_at("data", "error") or told
        if mentions(said, _MODERATION_WORDS):
            return JobStatus("refused", error=refusal(ContentRefusedError, self.provider, said, reply))
        return JobStatus(state, error=refusal(JobFailedError, self.provider, said, reply))

    def failed(self, reply: Reply) -> bool:
        """True also for a 200 whose body holds another code."""
        code = reply.at("code")
        return super().failed(reply) or (isinstance(code, int) and code != _OK)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status and the words of an answer stand for."""
        said = reply.text_at("message") or reply.text
        status = reply.status if super().failed(reply) else int(reply.at("code") or 0)
        kind = kind_by_status(status)
        if status < 500 and mentions(said, _BALANCE_WORDS):
            kind = QuotaExhaustedError
        elif status == 400 and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said, reply)

    def cancel(self, job: Job) -> Call:
        """The request that deletes a prediction; whether that ends a running one is not documented."""
        return Call("POST", "api/v3/predictions/delete", json={"ids": [job.id]})

    def _succeeded(self, reply: Reply) -> JobStatus:
        if any(reply.at("data", "has_nsfw_contents") or []):
            said = "the video was found to hold content that is not shown"
            return JobStatus("refused", error=refusal(ContentRefusedError, self.provider, said, reply))
        url = reply.text_at("data", "outputs", 0)
        return JobStatus("succeeded", video=Call("GET", url) if url else None)

    def _parameters(self, request: Request) -> JsonObject:
        given: dict[str, Any] = {**self.fixed, **request.parameters}
        given.pop("final_frame", None)
        if request.duration is not None:
            given["duration"] = int(request.duration)
        return {name: value for name, value in given.items() if value is not None}


class WaveSpeedWrapper(ApiWrapper):
    """The face of every model behind WaveSpeed."""

    adapter = WaveSpeedAdapter
