"""WaveSpeed AI: Wan 2.1, Wan 2.2 and Veo 3.1, resold behind one API.

Source: the official SDK `wavespeed` 2.0.5 and WaveSpeed's documentation; docs/providers.md says what is unverified.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmevalkit.errors import (
    ContentRefusedError,
    JobFailedError,
    ProviderError,
    QuotaExhaustedError,
    UnexpectedReplyError,
)
from vmevalkit.media.images import image_size
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import Size, Target, closest_name
from vmevalkit.models.limits import check_value, whole_seconds
from vmevalkit.models.task_pictures import PICTURE_PARAMETERS, task_pictures, transforms_of
from vmevalkit.records.base import JsonObject
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal

MOST_LORAS = 3
HIGHEST_LORA_SCALE = 4.0
RANDOM_SEED = -1
HIGHEST_SEED = 2**31 - 1

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
# It has no code for either: they are told in words only.
_MODERATION_WORDS = (
    "nsfw",
    "sensitive",
    "moderat",
    "flagged",
    "prohibited",
    "content policy",
    "safety filter",
    "safety system",
    "responsible ai",
    "usage guidelines",
)
_BALANCE_WORDS = ("balance", "credit", "top up", "top-up")
_LORAS = {"loras", "high_noise_loras", "low_noise_loras"}
_VEO_SIZES: dict[str, Size] = {"720p": (1280, 720), "1080p": (1920, 1080)}
_NAMES: dict[Target, str] = {"first_frame": "image", "final_frame": "last_image"}


class WaveSpeedAdapter(ApiAdapter):
    """What WaveSpeed is told and what it answers; `model` is the path below `/api/v3/`."""

    provider = "wavespeed"
    id_path = ("data", "id")
    states = _STATES

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video; the pictures go in as data URIs, in the shape of the video where it has one."""
        given = self.asked(request)
        _check_seed(given.get("seed", 0))
        sent: JsonObject = {
            name: _in_their_form(name, value) for name, value in given.items() if name not in PICTURE_PARAMETERS
        }
        size = None
        if (shapes := _shapes(self.model, given)) is not None:
            field, sizes = shapes
            shape = given.get(field) or closest_name(image_size(request.image_path), sizes)
            _check(field, shape, shape in sizes, f"one of {', '.join(sizes)}")
            sent[field], size = shape, sizes[shape]
        if request.duration is not None:
            sent["duration"] = whole_seconds("WaveSpeed", request.duration)
        pictures = task_pictures(request, given, size, _NAMES)
        body = {"prompt": request.prompt, **{name: each.data_uri for name, each in pictures.items()}, **sent}
        return Order(Call("POST", f"api/v3/{self.model}", json=body), sent, transforms_of(pictures.values()))

    def poll(self, job: Job) -> Call:
        """The request for a prediction's result."""
        return Call("GET", f"api/v3/predictions/{segment(job.id)}/result")

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the prediction stands."""
        state = self.state_in(reply, "data", "status")
        if state in {"queued", "running"}:
            return JobStatus(state)
        if state == "succeeded":
            return self._succeeded(reply)
        said = reply.text_at("data", "error") or reply.text_at("data", "status")
        kind = ContentRefusedError if mentions(said, _MODERATION_WORDS) else JobFailedError
        return without_video(self.provider, kind, said, reply, state=state)

    def failed(self, reply: Reply) -> bool:
        """True also for a 200 whose body holds another code."""
        code = reply.at("code")
        return super().failed(reply) or (isinstance(code, int) and code != _OK)

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status, or else the code in the body, and the words of an answer stand for."""
        said = reply.text_at("message") or reply.text
        status = reply.status if super().failed(reply) else int(reply.at("code") or 0)
        kind = kind_by_status(status) if 400 <= status < 600 else UnexpectedReplyError
        if status < 500 and mentions(said, _BALANCE_WORDS):
            kind = QuotaExhaustedError
        elif status == 400 and mentions(said, _MODERATION_WORDS):
            kind = ContentRefusedError
        return refusal(kind, self.provider, said, reply)

    def cancel(self, job: Job) -> Call:
        """The request that deletes a prediction; whether that ends a running one is not documented."""
        return Call("POST", "api/v3/predictions/delete", json={"ids": [job.id]})

    def _succeeded(self, reply: Reply) -> JobStatus:
        flags = reply.at("data", "has_nsfw_contents")
        if isinstance(flags, list) and any(flags):
            said = "the video was found to hold content that is not shown"
            return without_video(self.provider, ContentRefusedError, said, reply)
        url = reply.text_at("data", "outputs", 0)
        return JobStatus("succeeded", video=Call("GET", url) if url else None)


class WaveSpeedWrapper(ApiWrapper):
    """The face of every model behind WaveSpeed."""

    adapter = WaveSpeedAdapter


def _shapes(model: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Size]] | None:
    """The parameter that sets the shape of the video, and what it may be; None where the video is as the picture is."""
    if "/wan-2.1/" in model:
        width, height = (832, 480) if "480p" in model else (1280, 720)
        return "size", {f"{width}*{height}": (width, height), f"{height}*{width}": (height, width)}
    if model.startswith("google/veo"):
        resolution = given.get("resolution", "720p")
        _check("resolution", resolution, resolution in _VEO_SIZES, f"one of {', '.join(_VEO_SIZES)}")
        width, height = _VEO_SIZES[resolution]
        return "aspect_ratio", {"16:9": (width, height), "9:16": (height, width)}
    return None


def _in_their_form(name: str, value: Any) -> Any:
    return [_lora(name, each.strip()) for each in _split_loras(name, value)] if name in _LORAS else value


def _split_loras(name: str, value: object) -> list[str]:
    each = value.split(",") if isinstance(value, str) else []
    _check(name, value, 1 <= len(each) <= MOST_LORAS, f"one to {MOST_LORAS} weights, with commas between them")
    return each


def _lora(name: str, text: str) -> JsonObject:
    """The path and the scale in `PATH` or `PATH@SCALE`."""
    path, found, after = text.rpartition("@")
    try:
        scale = float(after) if found else 1.0
    except ValueError:  # the @ is part of the path
        path, scale = text, 1.0
    path = path if found else text
    within = 0 <= scale <= HIGHEST_LORA_SCALE
    _check(name, text, bool(path) and within, f"PATH, or PATH@SCALE with a scale from 0 to {HIGHEST_LORA_SCALE:g}")
    return {"path": path, "scale": scale}


def _check_seed(seed: object) -> None:
    in_range = isinstance(seed, int) and RANDOM_SEED <= seed <= HIGHEST_SEED
    _check("seed", seed, in_range, f"0 to {HIGHEST_SEED}, or {RANDOM_SEED} for any")


def _check(field: str, value: object, fits: bool, expected: str) -> None:
    check_value("WaveSpeed", field, value, fits=fits, allowed=expected)
