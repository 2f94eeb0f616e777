"""WaveSpeed AI on loopback. Checked by running the official SDK, `wavespeed` 2.0.5, against it."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_ERRORS: dict[FaultKind, tuple[int, str]] = {
    "rate_limited": (429, "too many requests"),
    "unauthenticated": (401, "invalid api key"),
    "expired_key": (401, "the api key is inactive"),
    "no_credit": (400, "insufficient balance, please top up"),
    "refused": (400, "the prompt was blocked by moderation"),
    "invalid": (400, "invalid parameters"),
    "gone": (404, "model not found"),
    "server_error": (500, "internal error"),
    "unavailable": (503, "service unavailable"),
}
_STATES = {"queued": "created", "running": "processing", "succeeded": "completed", "refused": "failed"}


class WaveSpeedEmulator(Emulator):
    """Predictions: created, processing, completed, failed, cancelled, deleted."""

    provider: ClassVar[str] = "wavespeed"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Submit, result with and without its suffix, and delete."""
        return [
            ("GET", "/api/v3/predictions/{id}/result", "poll", self._result),
            ("GET", "/api/v3/predictions/{id}", "poll", self._result),
            ("POST", "/api/v3/predictions/delete", "cancel", self._delete),
            ("POST", "/api/v3/{model:.+}", "submit", self._submit),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"code", "message"}` with a status of the same number."""
        status, usual = _ERRORS[kind]
        return self.json({"code": status, "message": f"{usual}: {message}" if message else usual}, status)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if (fault := _fault_in(body)) is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited", "too many concurrent tasks")
        return self._told(self.create({"model": request.match_info["model"], **body}), new=True)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        return self._told(job) if job is not None else self.error("gone", "no such prediction")

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        ids = (await request.json()).get("ids", [])
        known = [self.jobs[each] for each in ids if each in self.jobs]
        for job in known:
            job.cancelled = True
        return self.json({"code": 200, "message": "success", "data": {"deleted_count": len(known)}})

    def _told(self, job: EmulatedJob, *, new: bool = False) -> web.Response:
        state = "queued" if new else self.state_of(job)
        told = _STATES.get(state, state)
        if not new and state == "succeeded" and self.behaviour.outcome == "unknown_state":
            told = "pondering"
        errors = {"failed": "the model crashed", "refused": "content flagged as potentially sensitive"}
        data: dict[str, Any] = {
            "id": job.id,
            "model": job.body["model"],
            "status": told,
            "outputs": [self.video_url(job)] if told == "completed" else [],
            "urls": {"get": f"{self.base_url}/api/v3/predictions/{job.id}/result"},
            "has_nsfw_contents": [],
            "created_at": "2026-01-01T00:00:00.000Z",
            "error": errors.get(state, ""),
        }
        pending = state in {"queued", "running"}
        return self.json({"code": 200, "message": "success", "data": data}, pending=pending)


def _fault_in(body: dict[str, Any]) -> str | None:
    if not body.get("prompt"):
        return "prompt is required"
    image = str(body.get("image", ""))
    if image.startswith(("http://", "https://")):
        return None
    try:
        content = base64.b64decode(image.partition("base64,")[2] or image, validate=True)
    except binascii.Error:
        content = b""
    return None if content.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")) else "image is no picture"
