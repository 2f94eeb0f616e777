"""Luma Dream Machine on loopback. Checked by running the official SDK, `lumaai` 1.21.0, against it."""

from __future__ import annotations

from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.errors import UnexpectedReplyError
from vmevalkit.records.job import JobState
from vmevalkit.remote.addresses import check_address
from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_ERRORS: dict[FaultKind, tuple[int, str]] = {
    "rate_limited": (429, "Too many requests"),
    "unauthenticated": (401, "Invalid API key provided"),
    "expired_key": (403, "This API key has expired"),
    "no_credit": (400, "Insufficient credits"),
    "refused": (400, "Advanced prompt moderation failed"),
    "invalid": (400, "Invalid request"),
    "gone": (404, "Not found"),
    "server_error": (500, "Internal server error"),
    "unavailable": (503, "Service unavailable"),
}
_STATES: dict[JobState, str] = {
    "queued": "queued",
    "running": "dreaming",
    "succeeded": "completed",
    "failed": "failed",
    "refused": "failed",
    "cancelled": "failed",
}
_REASONS: dict[JobState, str] = {
    "failed": "Job processing failed",
    "refused": "Frame moderation failed",
    "cancelled": "The job was stopped",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "model": ("ray-2", "ray-flash-2"),
    "aspect_ratio": ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21"),
    "duration": ("5s", "9s"),
    "resolution": ("540p", "720p", "1080p", "4k"),
}
_SHORTEST_PROMPT, _LONGEST_PROMPT = 3, 5000


class LumaEmulator(Emulator):
    """Generations: queued, dreaming, completed, failed; a deleted one is not found."""

    provider: ClassVar[str] = "luma"
    base_path: ClassVar[str] = "/dream-machine/v1"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Create under its new and its old path, list, get and delete."""
        generations = f"{self.base_path}/generations"
        return [
            ("POST", f"{generations}/video", "submit", self._create),
            ("POST", generations, "submit", self._create),
            ("GET", generations, "find", self._list),
            ("GET", f"{generations}/{{id}}", "poll", self._get),
            ("DELETE", f"{generations}/{{id}}", "cancel", self._delete),
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
        if (fault := _fault_in(body) or self._fault_in_keyframes(body.get("keyframes") or {})) is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited", "too many concurrent generations")
        return self.json(self._generation(self.create(body), new=True), 201)

    async def _get(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None:
            return self.error("gone", "no such generation")
        return self.json(self._generation(job), pending=self.state_of(job) in {"queued", "running"})

    async def _list(self, request: web.Request) -> web.StreamResponse:
        limit, offset = int(request.query.get("limit", 100)), int(request.query.get("offset", 0))
        kept = [self._generation(job) for job in self.jobs.values() if not job.cancelled]
        page = kept[offset : offset + limit]
        more = offset + limit < len(kept)
        return self.json({"generations": page, "count": len(page), "has_more": more, "limit": limit, "offset": offset})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None:
            return self.error("gone", "no such generation")
        job.cancelled = True
        return web.Response(status=204)

    def _known(self, request: web.Request) -> EmulatedJob | None:
        job = self.jobs.get(request.match_info["id"])
        return None if job is None or job.cancelled else job

    def _fault_in_keyframes(self, keyframes: dict[str, Any]) -> str | None:
        for name, keyframe in keyframes.items():
            if keyframe.get("type") == "generation":
                continue
            if keyframe.get("type") != "image" or not self._is_reachable(str(keyframe.get("url", ""))):
                return f"{name} is required to be an image with a url of a public https address"
        return None

    def _is_reachable(self, url: str) -> bool:
        """True for an https address on the public internet, and for one on this machine, where this server is too."""
        try:
            check_address(url, self.base_url, self.provider)
        except UnexpectedReplyError:
            return False
        return True

    def _generation(self, job: EmulatedJob, *, new: bool = False) -> dict[str, Any]:
        state: JobState = "queued" if new else self.state_of(job)
        is_strange = state == "succeeded" and self.behaviour.outcome == "unknown_state"
        return {
            "id": job.id,
            "generation_type": "video",
            "state": "pondering" if is_strange else _STATES[state],
            "failure_reason": _REASONS.get(state),
            "created_at": "2026-01-01T00:00:00.000Z",
            "assets": {"video": self.video_url(job)} if state == "succeeded" else None,
            "model": job.body["model"],
            "request": {"generation_type": "video", **job.body},
        }


def _fault_in(body: dict[str, Any]) -> str | None:
    """What is wrong with a request, in Luma's own words where its page of errors has them."""
    keyframes = body.get("keyframes") or {}
    prompt = body.get("prompt") or ""
    if body.get("model") not in _CHOICES["model"]:
        return "model is required to be one of ray-2, ray-flash-2"
    if not prompt and not keyframes:
        return "Prompt is required"
    if prompt and len(prompt) < _SHORTEST_PROMPT:
        return f"Prompt is too short, minimum length is {_SHORTEST_PROMPT} characters"
    if len(prompt) > _LONGEST_PROMPT:
        return f"Prompt is too long, maximum length is {_LONGEST_PROMPT} characters"
    if body.get("loop") and "frame1" in keyframes:
        return "Loop is not supported for keyframes"
    return _fault_in_choices(body)


def _fault_in_choices(body: dict[str, Any]) -> str | None:
    for name, choices in _CHOICES.items():
        if name in body and body[name] not in choices:
            return f"{name} is required to be one of {', '.join(choices)}"
    return None
