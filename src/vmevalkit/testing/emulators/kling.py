"""Kling on loopback. It has no SDK: checked with tokens of PyJWT and the answers that other readers expect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web
from PIL import Image

from vmevalkit.models.catalog.reader import find_models
from vmevalkit.models.kling_inference import USD_PER_UNIT
from vmevalkit.runner.costs import forecast
from vmevalkit.testing.emulators.base import EmulatedJob, Emulator, Handler, decoded
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase

_PATH = "/v1/videos/image2video"
_STATUSES = {
    1001: (401, "Authorization is empty"),
    1002: (401, "Authorization is invalid"),
    1003: (401, "Authorization is not yet valid"),
    1004: (401, "Authorization has expired"),
    1102: (429, "Resource pack depleted or expired"),
    1201: (400, "Invalid parameter value"),
    1203: (404, "The requested resource does not exist"),
    1301: (400, "Content security policy triggered"),
    1302: (429, "API requests are too frequent"),
    1303: (429, "parallel task over resource pack limit"),
    5000: (500, "Internal server error"),
    5001: (503, "Server temporarily unavailable"),
}
_CODES: dict[FaultKind, int] = {
    "rate_limited": 1302,
    "unauthenticated": 1002,
    "expired_key": 1004,
    "no_credit": 1102,
    "refused": 1301,
    "invalid": 1201,
    "gone": 1203,
    "server_error": 5000,
    "unavailable": 5001,
}
_STATES = {"queued": "submitted", "running": "processing", "succeeded": "succeed"}
_MESSAGES = {
    "failed": "Service busy",
    "refused": "Failure to pass the risk control system",
    "cancelled": "Stopped by the operator",
}
_USUAL = {"5", "10"}
_DURATIONS = {
    "kling-v1": _USUAL,
    "kling-v1-5": _USUAL,
    "kling-v1-6": _USUAL,
    "kling-v2-master": _USUAL,
    "kling-v2-1": _USUAL,
    "kling-v2-1-master": _USUAL,
    "kling-v2-5-turbo": _USUAL,
    "kling-v2-6": _USUAL,
    "kling-v3": {str(seconds) for seconds in range(3, 16)},
}
_CREATED = 1767225600000


class KlingEmulator(Emulator):
    """Tasks: submitted, processing, succeed, failed; found by their own id or the client's.

    A key with a colon is an access key and a secret key, and requests must be signed with them.
    """

    provider: ClassVar[str] = "kling"

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Create, and look by Kling's id, which is a number, or the client's."""
        return [
            ("POST", _PATH, "submit", self._create),
            ("GET", f"{_PATH}/{{id:[0-9]+}}", "poll", self._task),
            ("GET", f"{_PATH}/{{id}}", "find", self._task),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the right key or token; for any other the answer that says what is wrong with it is raised."""
        code = self._fault_in_key(request.headers.get("authorization", ""))
        if code is not None:
            answer = self._refused(code)
            raise web.HTTPUnauthorized(text=answer.text, content_type="application/json")
        return True

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"code", "message", "request_id"}`."""
        return self._refused(_CODES[kind], message)

    def new_id(self) -> str:
        """A number."""
        return str(uuid.uuid4().int)[:18]

    async def _create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        intent = body.get("external_task_id")
        if body.get("model_name", "kling-v1") not in _DURATIONS:
            return self.error("gone", "model is not supported")
        if (fault := _fault_in(body)) is not None:
            return self.error("invalid", fault)
        if intent is not None and self._named(intent) is not None:
            return self.error("invalid", "external_task_id already exists")
        if self.is_full:
            return self._refused(1303)
        return self._told(self.create(body, intent=intent), new=True)

    async def _task(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        job = self.jobs.get(name) or self._named(name)
        return self._told(job) if job is not None else self.error("gone", "task not found")

    def _named(self, intent: str) -> EmulatedJob | None:
        return next((job for job in self.jobs.values() if job.intent == intent), None)

    def _refused(self, code: int, message: str = "") -> web.Response:
        status, usual = _STATUSES[code]
        said = f"{usual}: {message}" if message else usual
        return self.json({"code": code, "message": said, "request_id": uuid.uuid4().hex}, status)

    def _told(self, job: EmulatedJob, *, new: bool = False) -> web.Response:
        state = "queued" if new else self.state_of(job)
        data: dict[str, Any] = {
            "task_id": job.id,
            "task_status": _STATES.get(state, "failed"),
            "task_info": {"external_task_id": job.intent} if job.intent else {},
            "created_at": _CREATED,
            "updated_at": _CREATED,
        }
        if state == "succeeded":
            seconds = job.body.get("duration", "5")
            video = {"id": str(uuid.uuid4()), "url": self.video_url(job), "duration": f"{seconds}.1"}
            data["task_result"] = {"videos": [video]}
            if (units := _units(job.body)) is not None:
                data["final_unit_deduction"] = f"{units:g}"
            if self.behaviour.outcome == "unknown_state":
                data["task_status"] = "pondering"
        elif state in _MESSAGES:
            data |= {"task_status_msg": _MESSAGES[state], "final_unit_deduction": "0"}
        answer = {"code": 0, "message": "SUCCEED", "request_id": uuid.uuid4().hex, "data": data}
        return self.json(answer, pending=not new and state in {"queued", "running"})

    def _fault_in_key(self, header: str) -> int | None:
        """The code for what is wrong with a header; None for the right one."""
        token = header.removeprefix("Bearer ")
        if not token:
            return 1001
        access, colon, secret = self.key.partition(":")
        if not colon:
            return None if header == f"Bearer {self.key}" else 1002
        claims = _claims(token, secret)
        if claims is None or claims.get("iss") != access:
            return 1002
        if claims.get("nbf", 0) > self.now:
            return 1003
        return 1004 if claims.get("exp", 0) <= self.now else None


def _units(body: dict[str, Any]) -> float | None:
    """What a video costs by the catalog, in Kling's own money; None where nobody knows."""
    name = body.get("model_name", "kling-v1")
    model = next(model for model in find_models(family="Kling") if model.model == name)
    quality = {each: value for each, value in body.items() if each in {"mode", "sound"}}
    cost = forecast(model, {**quality, "duration": int(body.get("duration", "5"))})
    return None if cost is None else cost.amount / USD_PER_UNIT


def _claims(token: str, secret: str) -> Mapping[str, Any] | None:
    """What a token says; None when it is not signed with the secret."""
    signed, _, signature = token.rpartition(".")
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    try:
        header, claims = (json.loads(_unpadded(part)) for part in signed.split("."))
        genuine = hmac.compare_digest(expected, _unpadded(signature)) and header["alg"] == "HS256"
    except (ValueError, KeyError, TypeError):
        return None
    return claims if genuine and isinstance(claims, dict) else None


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _fault_in(body: dict[str, Any]) -> str | None:
    model = body.get("model_name", "kling-v1")
    duration, mode = body.get("duration", "5"), body.get("mode", "std")
    if duration not in _DURATIONS[model]:
        return "duration value is invalid"
    if mode not in {"std", "pro"} and (model, mode) != ("kling-v3", "4k"):
        return "mode value is invalid"
    if any(len(body.get(name, "")) > 2500 for name in ("prompt", "negative_prompt")):
        return "prompt is longer than 2500 characters"
    if "cfg_scale" in body and model.startswith("kling-v2"):
        return "cfg_scale is not supported by this model"
    if "sound" in body and (model not in {"kling-v2-6", "kling-v3"} or body["sound"] not in {"on", "off"}):
        return "sound value is invalid"
    return _fault_in_image(body.get("image"))


def _fault_in_image(text: object) -> str | None:
    if not isinstance(text, str):
        return "image is required"
    if text.startswith(("http://", "https://")):
        return None
    try:
        content = decoded(text)
        with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as image:
            return _fault_in_size(len(content), *image.size)
    except OSError:
        return "File is not in a valid base64 format"


def _fault_in_size(size: int, width: int, height: int) -> str | None:
    if size > 10 * 2**20:
        return "image is larger than 10MB"
    if min(width, height) < 300:
        return "Image pixel is invalid, width and height must be at least 300px"
    if max(width / height, height / width) > 2.5:
        return "Image aspect ratio is invalid, must be between 1:2.5 and 2.5:1"
    return None
