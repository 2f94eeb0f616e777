"""Luma Dream Machine: ray-2 and ray-flash-2. The picture is given by address only, and there is no seed.

Source: the official SDK `lumaai` 1.21.0, Luma's OpenAPI file and its page "Errors"; docs/providers.md says what is
unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from vmevalkit.errors import (
    ContentRefusedError,
    InvalidRequestError,
    JobFailedError,
    ProviderError,
    QuotaExhaustedError,
    RequestRejectedError,
)
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, closest_name, input_image, parse_size
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import InputTransform
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal
from vmevalkit.store.s3 import S3ImageUploader

_STATES: dict[str, JobState] = {
    "queued": "queued",
    "dreaming": "running",
    "completed": "succeeded",
    "failed": "failed",
}
_RATIOS = {ratio: parse_size(ratio) for ratio in ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9", "9:21")}
_MODERATION_WORDS = ("moderation", "blacklisted")
# What Luma says of a picture it could not fetch. Nothing was refused: it never saw the picture.
_UNREADABLE_WORDS = ("failed to read user input frames", "failed to moderate image")
_BALANCE_WORDS = ("credit", "balance")


class LumaAdapter(ApiAdapter):
    """What Dream Machine is told and what it answers; `model` is its own model id."""

    provider = "luma"
    states = _STATES

    def check_access(self, parameters: Mapping[str, Any]) -> None:
        """Nothing when the key is there, and a bucket for the picture, unless `image_url` says where it is already."""
        super().check_access(parameters)
        if parameters.get("image_url") is None:
            S3ImageUploader()

    def check_request(self, request: Request) -> None:
        """Nothing for a request that the model takes; raises InvalidRequestError otherwise. Uploads nothing."""
        _check_address(self.asked(request).get("image_url"))

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video; the picture is uploaded, unless `image_url` names one to send in its place."""
        self.check_request(request)
        image = input_image(request.image_path)
        given = self.asked(request)
        address = given.pop("image_url", None)
        transforms = image.transforms if address is None else (_replaced(image, address),)
        seconds = {"duration": f"{request.duration:g}s"} if request.duration is not None else {}
        sent: JsonObject = {"aspect_ratio": closest_name(image.size, _RATIOS), **seconds, **given}
        keyframes: JsonObject = {"frame0": {"type": "image", "url": address or image.url()}}
        body: JsonObject = {"model": self.model, "prompt": request.prompt, "keyframes": keyframes, **sent}
        return Order(Call("POST", "generations/video", json=body), sent, transforms)

    def poll(self, job: Job) -> Call:
        """The request for a generation."""
        return Call("GET", _path(job))

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the generation stands."""
        state = self.state_in(reply, "state")
        if state == "failed":
            return self._failed_status(reply)
        url = reply.text_at("assets", "video")
        return JobStatus(state, video=Call("GET", url) if state == "succeeded" and url else None)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status and the words of an answer stand for."""
        said = reply.text_at("detail")
        kind = kind_by_status(reply.status)
        if reply.status < 500 and mentions(said, _BALANCE_WORDS):
            kind = QuotaExhaustedError
        elif reply.status in {400, 422} and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said or reply.text, reply)

    def cancel(self, job: Job) -> Call:
        """The request that deletes a generation; whether that ends a running one is not documented."""
        return Call("DELETE", _path(job))

    def _failed_status(self, reply: Reply) -> JobStatus:
        said = reply.text_at("failure_reason")
        kind: type[ProviderError] = JobFailedError
        if mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        elif mentions(said, _UNREADABLE_WORDS):
            kind = RequestRejectedError
        return without_video(self.provider, kind, said, reply)


class LumaWrapper(ApiWrapper):
    """The face of the models behind Dream Machine."""

    adapter = LumaAdapter


def _path(job: Job) -> str:
    return f"generations/{segment(job.id)}"


def _check_address(given: object) -> None:
    if given is not None and (not isinstance(given, str) or not _is_web_address(given)):
        raise InvalidRequestError(
            "The parameter image_url is no web address",
            expected="one that begins with https://, which Luma can fetch the picture from",
            next_step="Leave it out to have the task's picture uploaded",
            field="image_url",
            value=given,
        )


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return text.startswith("https://") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


def _replaced(image: InputImage, address: str) -> InputTransform:
    """The record of another picture sent in place of the task's own; a query is left out, as it may be a signature."""
    width, height = image.size
    before, after = {"width": width, "height": height}, {"address": address.partition("#")[0].partition("?")[0]}
    return InputTransform(target="first_frame", operation="replace", before=before, after=after)
