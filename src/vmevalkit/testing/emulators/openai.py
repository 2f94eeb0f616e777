"""OpenAI's videos on loopback, as they were before 2026-09-24. Checked by running the official SDK, `openai` 2.54.0."""

from __future__ import annotations

import io
import uuid
from typing import Any, ClassVar

from aiohttp import web
from PIL import Image, UnidentifiedImageError

from vmevalkit.records.job import JobState
from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler, decoded
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_ERRORS: dict[FaultKind, tuple[int, str, str, str]] = {
    "rate_limited": (429, "requests", "rate_limit_exceeded", "Rate limit reached"),
    "unauthenticated": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    "expired_key": (401, "invalid_request_error", "invalid_api_key", "This API key is no longer valid"),
    "no_credit": (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
    "refused": (400, "invalid_request_error", "moderation_blocked", "Your request was blocked by our moderation"),
    "invalid": (400, "invalid_request_error", "invalid_value", "Invalid value"),
    "gone": (404, "invalid_request_error", "not_found", "Not found"),
    "server_error": (500, "server_error", "server_error", "The server had an error"),
    "unavailable": (503, "server_error", "server_error", "The engine is currently overloaded"),
}
_STATES: dict[JobState, str] = {
    "queued": "queued",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "refused": "failed",
    "cancelled": "failed",
}
_FAILURES: dict[JobState, dict[str, str]] = {
    "failed": {"code": "internal_error", "message": "The video could not be made"},
    "refused": {"code": "moderation_blocked", "message": "The video was blocked by our moderation system"},
    "cancelled": {"code": "internal_error", "message": "The job was stopped"},
}
_PROGRESS: dict[JobState, int] = {"queued": 0, "running": 50, "succeeded": 100}
_SIZES: dict[str, tuple[str, ...]] = {
    "sora-2": ("720x1280", "1280x720"),
    "sora-2-pro": ("720x1280", "1280x720", "1024x1792", "1792x1024"),
}
_SECONDS = ("4", "8", "12")
_DEFAULTS = {"model": "sora-2", "seconds": "4", "size": "720x1280"}
_FORMATS = {"PNG", "JPEG", "WEBP"}
_LONGEST_PROMPT = 32000
_KEPT_SECONDS = 3600


class OpenAiEmulator(Emulator):
    """Videos: queued, in_progress, completed, failed; a deleted one is not found. Their content is on the same host."""

    provider: ClassVar[str] = "openai"
    base_path: ClassVar[str] = "/v1"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Create, retrieve, content and delete."""
        videos = f"{self.base_path}/videos"
        return [
            ("POST", videos, "submit", self._create),
            ("GET", f"{videos}/{{id}}", "poll", self._retrieve),
            ("GET", f"{videos}/{{id}}/content", "fetch", self._content),
            ("DELETE", f"{videos}/{{id}}", "cancel", self._delete),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"error": {"message", "type", "param", "code"}}` with a status."""
        status, sort, code, usual = _ERRORS[kind]
        text = f"{usual}: {message}" if message else usual
        return self.json({"error": {"message": text, "type": sort, "param": None, "code": code}}, status)

    def new_id(self) -> str:
        """A long number behind a word."""
        return f"video_{uuid.uuid4().hex}"

    async def _create(self, request: web.Request) -> web.StreamResponse:
        given, picture = await _read(request)
        body = {**_DEFAULTS, **given}
        fault = _fault_in(body) or (_fault_in_picture(picture, body["size"]) if picture is not None else None)
        if fault is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited", "too many videos at once")
        return self.json(self._video(self.create({**body, "has_picture": picture is not None}), new=True))

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None:
            return self.error("gone", "no such video")
        response = self.json(self._video(job))
        if self.state_of(job) in {"queued", "running"} and self.behaviour.poll_after is not None:
            response.headers["openai-poll-after-ms"] = str(round(self.behaviour.poll_after * 1000))
        return response

    async def _content(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None or self.state_of(job) != "succeeded":
            return self.error("gone", "no such video, or it is not ready")
        job.fetched += 1
        return await self.send_video(request)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None:
            return self.error("gone", "no such video")
        if self.state_of(job) in {"queued", "running"}:
            return self.error("invalid", "only completed and failed videos can be deleted")
        job.cancelled = True
        return self.json({"id": job.id, "object": "video.deleted", "deleted": True})

    def _known(self, request: web.Request) -> EmulatedJob | None:
        job = self.jobs.get(request.match_info["id"])
        return None if job is None or job.cancelled else job

    def _video(self, job: EmulatedJob, *, new: bool = False) -> dict[str, Any]:
        state: JobState = "queued" if new else self.state_of(job)
        is_strange = state == "succeeded" and self.behaviour.outcome == "unknown_state"
        done = int(self.now) if state == "succeeded" else None
        return {
            "id": job.id,
            "object": "video",
            "model": job.body["model"],
            "status": "pondering" if is_strange else _STATES[state],
            "progress": _PROGRESS.get(state, 0),
            "created_at": int(self.now),
            "completed_at": done,
            "expires_at": done + _KEPT_SECONDS if done is not None else None,
            "size": job.body["size"],
            "seconds": job.body["seconds"],
            "prompt": job.body["prompt"],
            "error": _FAILURES.get(state),
            "remixed_from_video_id": None,
        }


async def _read(request: web.Request) -> tuple[dict[str, Any], bytes | None]:
    """The fields of a form or of a JSON body, and the picture; empty where it is no picture."""
    if request.content_type == "application/json":
        body = await request.json()
        reference = body.pop("input_reference", None)
        return body, _data_of(reference) if reference is not None else None
    form = await request.post()
    reference = form.get("input_reference")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    if isinstance(reference, web.FileField):
        return fields, reference.file.read()
    return fields, b"" if reference is not None else None


def _data_of(reference: object) -> bytes:
    url = str(reference.get("image_url", "")) if isinstance(reference, dict) else ""
    return decoded(url.partition("base64,")[2])


def _fault_in(body: dict[str, Any]) -> str | None:
    if not 1 <= len(str(body.get("prompt") or "")) <= _LONGEST_PROMPT:
        return f"prompt must have 1 to {_LONGEST_PROMPT} characters"
    if body["model"] not in _SIZES:
        return f"model must be one of {', '.join(_SIZES)}"
    if body["seconds"] not in _SECONDS:
        return f"seconds must be one of the texts {', '.join(_SECONDS)}"
    sizes = _SIZES[body["model"]]
    return None if body["size"] in sizes else f"size must be one of {', '.join(sizes)}"


def _fault_in_picture(picture: bytes, size: str) -> str | None:
    try:
        with Image.open(io.BytesIO(picture)) as image:
            known, actual = image.format in _FORMATS, f"{image.width}x{image.height}"
    except UnidentifiedImageError:
        return "input_reference must be a file with a JPEG, PNG or WebP picture"
    if not known:
        return "input_reference must be a JPEG, PNG or WebP picture"
    return None if actual == size else "Inpaint image must match the requested width and height"
