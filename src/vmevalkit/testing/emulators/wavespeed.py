"""WaveSpeed AI on loopback. Checked by running the official SDK, `wavespeed` 2.0.5, against it."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler, decoded, is_picture
from vmevalkit.testing.emulators.behaviour import Behaviour, FaultKind, Phase

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
_SYNC_MODE_OVER = 5004
_SPEEDS = ("", "-ultra-fast", "-lora", "-lora-ultra-fast")
_GENERAL = {"image", "prompt", "seed", "enable_base64_output", "enable_sync_mode", "webhook_url"}
_SAMPLING = {"num_inference_steps": (1, 40), "guidance_scale": (1.01, 10), "flow_shift": (1, 10)}
_LORAS = {"loras", "high_noise_loras", "low_noise_loras"}
_MOST_LORAS, _MOST_SCALE, _MOST_SEED = 3, 4, 2**31 - 1
_NSFW = "nsfw"
"""A prompt with this word makes a video that is flagged in place of shown."""

Choices = dict[str, tuple[Any, ...]]


def _models() -> dict[str, tuple[set[str], Choices]]:
    """The models of our catalog, with the fields they take and the only values that some of those may have."""
    known: dict[str, tuple[set[str], Choices]] = {}
    sizes = {"480p": ("832*480", "480*832"), "720p": ("1280*720", "720*1280")}
    for resolution, shapes in sizes.items():
        for speed in _SPEEDS:
            lora = "lora" in speed
            wan21 = {"negative_prompt", "enable_safety_checker", *_SAMPLING, *({"loras"} if lora else ())}
            choices: Choices = {"size": shapes, "duration": (5, 10)}
            known[f"wavespeed-ai/wan-2.1/i2v-{resolution}{speed}"] = (wan21, choices)
            wan22 = {"negative_prompt", "last_image", *(_LORAS if lora else ())}
            known[f"wavespeed-ai/wan-2.2/i2v-{resolution}{speed}"] = (wan22, {"duration": (5, 8)})
    known["wavespeed-ai/wan-2.2/i2v-5b-720p"] = (set(), {})
    known["wavespeed-ai/wan-2.2/i2v-5b-720p-lora"] = ({"loras"}, {})
    veo: Choices = {"aspect_ratio": ("16:9", "9:16"), "resolution": ("720p", "1080p"), "duration": (4, 6, 8)}
    for name in ("veo3.1", "veo3.1-fast"):
        known[f"google/{name}/image-to-video"] = ({"negative_prompt", "last_image", "generate_audio"}, veo)
    known["google/veo3.1-lite/image-to-video"] = ({"negative_prompt"}, veo)
    return known


MODELS = _models()


class WaveSpeedEmulator(Emulator):
    """Predictions: created, processing, completed, failed, cancelled, deleted.

    It knows the models of our catalog, and none of the hundreds of others. A prompt with the word nsfw ends completed,
    with its video flagged.
    """

    provider: ClassVar[str] = "wavespeed"

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        super().__init__(behaviour, port=port)
        self.uploads: dict[str, bytes] = {}
        """Files that clients put here, by the last part of their address."""

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Submit, result with and without its suffix, delete, and upload."""
        return [
            ("GET", "/api/v3/predictions/{id}/result", "poll", self._result),
            ("GET", "/api/v3/predictions/{id}", "poll", self._result),
            ("POST", "/api/v3/predictions/delete", "cancel", self._delete),
            ("POST", "/api/v3/media/uploads", "upload", self._ticket),
            ("PUT", "/uploads/{name}", "upload", self._put),
            ("POST", "/api/v3/{model:.+}", "submit", self._submit),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key as a bearer token; what is put at an address from a ticket needs none."""
        return request.method == "PUT" or request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"code", "message"}` with a status of the same number."""
        status, usual = _ERRORS[kind]
        return self.json({"code": status, "message": f"{usual}: {message}" if message else usual}, status)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        body, model = await request.json(), request.match_info["model"]
        if (fault := _fault_in_any(body)) is not None:
            return self.error("invalid", fault)
        if model not in MODELS:
            return self.error("gone", model)
        if (fault := _fault_in(model, body)) is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited", "too many concurrent tasks")
        job = self.create({"model": model, **body})
        return await self._waited_for(job) if body.get("enable_sync_mode") else self._told(job, new=True)

    async def _waited_for(self, job: EmulatedJob) -> web.Response:
        """The answer in sync mode: the result, or that the task goes on without anybody waiting for it."""
        if self.behaviour.outcome == "never_end":
            data = {"id": job.id, "status": "processing", "code": _SYNC_MODE_OVER, "error": "Sync mode timed out"}
            return self.json({"code": 200, "message": "success", "data": data})
        while self.state_of(job) in {"queued", "running"}:
            await asyncio.sleep(0.01)
        return self._told(job)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["id"])
        return self._told(job) if job is not None else self.error("gone", "no such prediction")

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        ids = (await request.json()).get("ids", [])
        known = [self.jobs[each] for each in ids if each in self.jobs]
        for job in known:
            job.cancelled = True
        return self.json({"code": 200, "message": "success", "data": {"deleted_count": len(known)}})

    async def _ticket(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if not asked.get("filename") or not isinstance(asked.get("size"), int):
            return self.error("invalid", "filename and size are required")
        url = f"{self.base_url}/uploads/{uuid.uuid4().hex}"
        headers = {"Content-Type": asked.get("content_type", "application/octet-stream")}
        upload = {"method": "PUT", "url": url, "headers": headers}
        return self.json({"code": 200, "message": "success", "data": {"upload": upload, "download_url": url}})

    async def _put(self, request: web.Request) -> web.StreamResponse:
        self.uploads[request.match_info["name"]] = await request.read()
        return web.Response()

    def _told(self, job: EmulatedJob, *, new: bool = False) -> web.Response:
        state = "queued" if new else self.state_of(job)
        told = "deleted" if job.cancelled else _STATES.get(state, state)
        if not new and state == "succeeded" and self.behaviour.outcome == "unknown_state":
            told = "pondering"
        done = told == "completed"
        errors = {"failed": "the model crashed", "refused": "content flagged as potentially sensitive"}
        data: dict[str, Any] = {
            "id": job.id,
            "model": job.body["model"],
            "status": told,
            "outputs": [self.video_url(job)] if done else [],
            "urls": {"get": f"{self.base_url}/api/v3/predictions/{job.id}/result"},
            "has_nsfw_contents": [_NSFW in job.body["prompt"].casefold()] if done else [],
            "created_at": "2026-01-01T00:00:00.000Z",
            "error": errors.get(state, ""),
            "timings": {"inference": round(self.behaviour.job_seconds * 1000) if done else 0},
        }
        pending = state in {"queued", "running"}
        return self.json({"code": 200, "message": "success", "data": data}, pending=pending)


def _fault_in(model: str, body: dict[str, Any]) -> str | None:
    """What a model does not take of a request, where there is something."""
    fields, choices = MODELS[model]
    if unknown := set(body) - fields - set(choices) - _GENERAL:
        return f"unknown field {min(unknown)}"
    for name, allowed in choices.items():
        if name in body and (body[name] not in allowed or isinstance(body[name], float)):
            return f"{name} must be one of {', '.join(map(str, allowed))}"
    for name, (least, most) in _SAMPLING.items():
        if name in body and not least <= body[name] <= most:
            return f"{name} must be from {least} to {most}"
    return None


def _fault_in_any(body: dict[str, Any]) -> str | None:
    """What no model takes of a request, where there is something."""
    if not isinstance(body.get("prompt"), str) or not body["prompt"]:
        return "prompt is required"
    seed = body.get("seed", -1)
    if not isinstance(seed, int) or not -1 <= seed <= _MOST_SEED:
        return f"seed must be from -1 to {_MOST_SEED}"
    for name in _LORAS & set(body):
        if len(body[name]) > _MOST_LORAS or not all(0 <= each["scale"] <= _MOST_SCALE for each in body[name]):
            return f"{name} must be at most {_MOST_LORAS} of {{path, scale}} with a scale from 0 to {_MOST_SCALE}"
    pictures = {name: body[name] for name in ("image", "last_image") if name in body}
    return next(
        (f"{name} is no picture" for name, value in pictures.items() if not _is_picture(value)),
        None if "image" in pictures else "image is required",
    )


def _is_picture(value: object) -> bool:
    """True for a web address, and for a picture in base64, as a data URI or bare."""
    text = str(value)
    if text.startswith(("http://", "https://")):
        return True
    return is_picture(decoded(text.partition("base64,")[2] or text))
