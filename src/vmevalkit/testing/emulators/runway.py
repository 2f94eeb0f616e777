"""Runway on loopback. Checked by running the official SDK, `runwayml` 5.24.0, against it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler, decoded, is_picture
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_NO_CREDIT = "You do not have enough credits to run this task."
_INVALID = "Validation of body failed"
_ERRORS: dict[FaultKind, tuple[int, str]] = {
    "rate_limited": (429, "Too many requests"),
    "unauthenticated": (401, "Unauthorized"),
    "expired_key": (401, "Unauthorized"),
    "no_credit": (400, _NO_CREDIT),
    "refused": (400, "The input was blocked by content moderation"),
    "invalid": (400, _INVALID),
    "gone": (404, "Not found"),
    "server_error": (502, "Bad gateway"),
    "unavailable": (503, "Service unavailable"),
}
_STATES = {"queued": "PENDING", "running": "RUNNING", "succeeded": "SUCCEEDED", "cancelled": "CANCELLED"}
_FAILURES = {
    "failed": ("The model gave no usable video.", "INTERNAL.BAD_OUTPUT.CODE01"),
    "refused": ("Your input was flagged by our content moderation.", "SAFETY.INPUT.TEXT"),
}
_RATIOS = {"1280:720", "720:1280", "1104:832", "832:1104", "960:960", "1584:672"}
_ANIMATORS = {"gen4_turbo": _RATIOS, "gen4.5": _RATIOS, "gen3a_turbo": {"1280:768", "768:1280"}}
_EDITORS = {"gen4_aleph", "aleph2"}
_DURATIONS = {"gen3a_turbo": (5, 10)}
_USUAL_DURATIONS = tuple(range(2, 11))
_REQUIRED = {"gen4.5": ("duration", "promptText"), "gen3a_turbo": ("promptText",), "gen4_aleph": ("promptText",)}
_CREDITS_PER_SECOND = {"gen4_turbo": 5, "gen3a_turbo": 5, "gen4.5": 12, "gen4_aleph": 15, "aleph2": 28}
_USUAL_SECONDS = 5
_MOST_URI_CHARACTERS = 5 * 2**20
_MOST_SEED = 2**32 - 1


class RunwayEmulator(Emulator):
    """Tasks: PENDING, THROTTLED, RUNNING, SUCCEEDED, FAILED, CANCELLED.

    A job above the limit is taken and THROTTLED. The models that were switched off are served here still.
    """

    provider: ClassVar[str] = "runway"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Create from a picture and from a video, look, and delete."""
        return [
            ("POST", "/v1/image_to_video", "submit", self._versioned(self._animate)),
            ("POST", "/v1/video_to_video", "submit", self._versioned(self._edit)),
            ("GET", "/v1/tasks/{id}", "poll", self._versioned(self._task)),
            ("DELETE", "/v1/tasks/{id}", "cancel", self._versioned(self._delete)),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"error"}`, with `issues` where the body is at fault."""
        status, usual = _ERRORS[kind]
        if kind == "invalid":
            return self._invalid("promptText", message)
        return self.json({"error": usual if kind == "no_credit" or not message else f"{usual}: {message}"}, status)

    def _versioned(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not request.headers.get("x-runway-version"):
                return self.json({"error": "The X-Runway-Version header is missing"}, 400)
            return await handler(request)

        return handle

    async def _animate(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return self._created(body, _fault_in_animation(body))

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        return self._created(body, _fault_in_edit(body))

    async def _task(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        return self._told(job) if job is not None else self.error("gone", "no such task")

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        job = self._known(request)
        if job is None:
            return self.error("gone", "no such task")
        job.cancelled = True
        return web.Response(status=204)

    def _known(self, request: web.Request) -> EmulatedJob | None:
        job = self.jobs.get(request.match_info["id"])
        return job if job is not None and not job.cancelled else None

    def _created(self, body: dict[str, Any], fault: tuple[str, str] | None) -> web.Response:
        if fault is not None:
            return self._invalid(*fault)
        start = self._free_at()
        job = self.create(body)
        job.started = max(job.started, start)
        return self.json({"id": job.id, "estimatedCost": {"credits": _credits(job)}})

    def _free_at(self) -> float:
        """When a job that came now could start."""
        behaviour = self.behaviour
        seconds = float("inf") if behaviour.outcome == "never_end" else behaviour.job_seconds
        ends = sorted(job.started + seconds for job in self.jobs.values() if not job.cancelled)
        limit = behaviour.concurrency
        return ends[-limit] if limit is not None and len(ends) >= limit else 0.0

    def _invalid(self, field: str, message: str) -> web.Response:
        issue = {"code": "custom", "path": [field], "message": message}
        return self.json({"error": _INVALID, "issues": [issue]}, 400)

    def _told(self, job: EmulatedJob) -> web.Response:
        state, credits_asked = self.state_of(job), _credits(job)
        data: dict[str, Any] = {"id": job.id, "createdAt": "2026-01-01T00:00:00.000Z"}
        pending = state in {"queued", "running"}
        if pending:
            data |= {"status": _STATES[state], "estimatedCost": {"credits": credits_asked}}
            if state == "running":
                data["progress"] = 0.5
            elif job.started > time.monotonic():
                data["status"] = "THROTTLED"
        elif state in _FAILURES:
            failure, code = _FAILURES[state]
            charged = credits_asked if state == "refused" else 0
            data |= {"status": "FAILED", "failure": failure, "failureCode": code, "cost": {"credits": charged}}
        elif state == "cancelled":
            data |= {"status": "CANCELLED", "cost": {"credits": 0}}
        else:
            told = "PONDERING" if self.behaviour.outcome == "unknown_state" else "SUCCEEDED"
            data |= {"status": told, "output": [self.video_url(job)], "cost": {"credits": credits_asked}}
        return self.json(data, pending=pending)


def _credits(job: EmulatedJob) -> int:
    return _CREDITS_PER_SECOND[job.body["model"]] * int(job.body.get("duration", _USUAL_SECONDS))


def _fault_in_animation(body: dict[str, Any]) -> tuple[str, str] | None:
    """The field at fault and what is wrong with it."""
    model, duration, picture = body.get("model"), body.get("duration", _USUAL_SECONDS), body.get("promptImage")
    ratios = _ANIMATORS.get(str(model))
    if ratios is None:
        return "model", f"no model {model} animates pictures"
    if body.get("ratio") not in ratios:
        return "ratio", f"one of {', '.join(sorted(ratios))}"
    durations = _DURATIONS.get(str(model), _USUAL_DURATIONS)
    if not isinstance(duration, int) or duration not in durations:
        return "duration", f"one of the integers {', '.join(map(str, durations))}"
    if isinstance(picture, list):
        picture = picture[0].get("uri") if len(picture) == 1 and picture[0].get("position") == "first" else None
    if (fault := _fault_in_uri(picture, is_picture)) is not None:
        return "promptImage", fault
    return _fault_in_the_rest(body)


def _fault_in_edit(body: dict[str, Any]) -> tuple[str, str] | None:
    if body.get("model") not in _EDITORS:
        return "model", f"no model {body.get('model')} edits videos"
    if set(body) & {"promptImage", "duration"}:
        return "promptImage", "unrecognized key"
    if (fault := _fault_in_uri(body.get("videoUri"), _is_video)) is not None:
        return "videoUri", fault
    return _fault_in_the_rest(body)


def _fault_in_the_rest(body: dict[str, Any]) -> tuple[str, str] | None:
    for field in _REQUIRED.get(str(body.get("model")), ()):
        if field not in body:
            return field, "required"
    seed, prompt = body.get("seed", 0), body.get("promptText", "-")
    if not isinstance(seed, int) or not 0 <= seed <= _MOST_SEED:
        return "seed", f"0 to {_MOST_SEED}"
    if not isinstance(prompt, str) or not 1 <= len(prompt.encode("utf-16-le")) // 2 <= 1000:
        return "promptText", "1 to 1000 UTF-16 code units"
    return None


def _is_video(content: bytes) -> bool:
    return content.startswith(b"\x00\x00\x00")


def _fault_in_uri(uri: object, fits: Callable[[bytes], bool]) -> str | None:
    if not isinstance(uri, str):
        return "required"
    if uri.startswith(("https://", "runway://")):
        return None
    if len(uri) > _MOST_URI_CHARACTERS:
        return "the data URI is longer than 5 MB"
    opening, _, text = uri.partition(";base64,")
    is_taken = opening.startswith("data:") and fits(decoded(text))
    return None if is_taken else "no file of a kind that is taken"
