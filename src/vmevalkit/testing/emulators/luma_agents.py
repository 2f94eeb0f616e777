"""Luma Agents on loopback. Checked by running the official SDK, `luma-agents` 0.5.0, against it."""

from __future__ import annotations

from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.records.job import JobState
from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler, decoded, is_picture
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_ERRORS: dict[FaultKind, tuple[int, str]] = {
    "rate_limited": (429, "Rate limit exceeded"),
    "unauthenticated": (401, "Invalid or missing API key"),
    "expired_key": (401, "Invalid API key"),
    "no_credit": (402, "Insufficient balance"),
    "refused": (422, "The prompt was stopped by content moderation"),
    "invalid": (422, "Invalid request"),
    "gone": (404, "Not found"),
    "server_error": (502, "Upstream service unavailable"),
    "unavailable": (503, "Service unavailable"),
}
_STATES: dict[JobState, str] = {
    "queued": "queued",
    "running": "processing",
    "succeeded": "completed",
    "failed": "failed",
    "refused": "failed",
    "cancelled": "failed",
}
_FAILURES: dict[JobState, tuple[str, str]] = {
    "failed": ("generation_failed", "The model could not make this video"),
    "refused": ("content_moderated", "The input violates the content guidelines"),
    "cancelled": ("generation_failed", "The generation was stopped"),
}
_DURATIONS, _RESOLUTIONS = ("5s", "10s"), ("360p", "540p", "720p", "1080p")
_RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1", "21:9")
_LONGEST_PROMPT = 6000


class LumaAgentsEmulator(Emulator):
    """Generations of type video: queued, processing, completed, failed. There is no way to end or delete one."""

    provider: ClassVar[str] = "luma-agents"
    base_path: ClassVar[str] = "/v1"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Create and get."""
        return [
            ("POST", f"{self.base_path}/generations", "submit", self._create),
            ("GET", f"{self.base_path}/generations/{{id}}", "poll", self._get),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"detail"}` with a status."""
        status, usual = _ERRORS[kind]
        return self.json({"detail": f"{usual}: {message}" if message else usual}, status)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if (fault := _fault_in(body)) is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited", "too many concurrent jobs")
        return self.json(self._generation(self.create(body), new=True), 201)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        if job is None:
            return self.error("gone", "no such generation")
        return self.json(self._generation(job), pending=self.state_of(job) in {"queued", "running"})

    def _generation(self, job: EmulatedJob, *, new: bool = False) -> dict[str, Any]:
        state: JobState = "queued" if new else self.state_of(job)
        is_strange = state == "succeeded" and self.behaviour.outcome == "unknown_state"
        code, reason = _FAILURES.get(state, (None, None))
        return {
            "id": job.id,
            "type": "video",
            "state": "pondering" if is_strange else _STATES[state],
            "model": job.body["model"],
            "created_at": "2026-01-01T00:00:00Z",
            "output": [{"type": "video", "url": self.video_url(job)}] if state == "succeeded" else [],
            "failure_code": code,
            "failure_reason": reason,
        }


def _fault_in(body: dict[str, Any]) -> str | None:
    video = body.get("video") or {}
    if body.get("model") != "ray-3.2" or body.get("type") != "video":
        return "this emulator makes videos with ray-3.2 only"
    if not 1 <= len(body.get("prompt") or "") <= _LONGEST_PROMPT:
        return f"prompt must have 1 to {_LONGEST_PROMPT} characters"
    for name, value, choices in (
        ("aspect_ratio", body.get("aspect_ratio"), _RATIOS),
        ("video.duration", video.get("duration"), _DURATIONS),
        ("video.resolution", video.get("resolution"), _RESOLUTIONS),
    ):
        if value is not None and value not in choices:
            return f"{name} must be one of {', '.join(choices)}"
    return _fault_in_combination(video) or _fault_in_pictures(video)


def _fault_in_combination(video: dict[str, Any]) -> str | None:
    anchored = any(video.get(name) for name in ("start_frame", "end_frame"))
    if video.get("keyframes") and (anchored or video.get("loop")):
        return "keyframes exclude start_frame, end_frame and loop"
    if len(video.get("keyframes") or []) != len(video.get("keyframe_indexes") or []):
        return "keyframe_indexes must match keyframes in length"
    if video.get("duration") == "10s" and (anchored or video.get("loop")):
        return "10s is not supported with start_frame, end_frame or loop"
    return None


def _fault_in_pictures(video: dict[str, Any]) -> str | None:
    pictures = [video.get("start_frame"), video.get("end_frame"), *(video.get("keyframes") or [])]
    return next((fault for picture in pictures if picture and (fault := _fault_in_picture(picture))), None)


def _fault_in_picture(picture: dict[str, Any]) -> str | None:
    if sum(picture.get(name) is not None for name in ("url", "data", "generation_id", "file_id")) != 1:
        return "exactly one of url, data, generation_id and file_id is needed"
    if picture.get("data") is None:
        return None
    if not str(picture.get("media_type", "")).startswith("image/"):
        return "media_type is needed with data"
    return None if is_picture(decoded(picture["data"])) else "data is no picture in base64"
