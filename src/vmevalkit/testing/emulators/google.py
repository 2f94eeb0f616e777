"""What Google's two APIs for Veo have in common, on loopback: operations, errors, moderation, and what Veo takes."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from aiohttp import web

from vmevalkit.testing.emulators.base import SIGNATURES, EmulatedJob, Emulator, decoded
from vmevalkit.testing.emulators.behaviour import Behaviour, FaultKind

Moderation = Literal["filtered", "error", "audio"]
"""How a video is held back: by leaving it out with a count and a reason, by an error of the operation, or by leaving it
out because of its sound, which is not charged."""

MOST_IMAGE_BYTES = 20 * 2**20

_TYPES = {"image/png", "image/jpeg"}
_REFUSAL = "The prompt could not be submitted because it violates Google's usage guidelines. Support codes: 62263041"
_HELD_BACK = "Veo could not generate videos because of a safety filter. Support codes: 61493863, 56562880"
_SILENCED = "We encountered an issue with the audio for your prompt. You have not been charged for this attempt."
_ERRORS: dict[FaultKind, tuple[int, str, str]] = {
    "rate_limited": (
        429,
        "RESOURCE_EXHAUSTED",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "unauthenticated": (401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    "expired_key": (401, "UNAUTHENTICATED", "Request had invalid authentication credentials: the token expired."),
    "no_credit": (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
    "refused": (400, "INVALID_ARGUMENT", _REFUSAL),
    "invalid": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "gone": (404, "NOT_FOUND", "The model is no longer available."),
    "server_error": (500, "INTERNAL", "Internal error encountered."),
    "unavailable": (503, "UNAVAILABLE", "The service is currently unavailable."),
}


class GoogleEmulator(Emulator):
    """Operations: without `done` as long as they run, then with an error or a response."""

    models: ClassVar[frozenset[str]]
    """Ids of the models it has, those that were switched off among them."""

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        super().__init__(behaviour, port=port)
        self.moderation: Moderation = "filtered"

    @property
    @abstractmethod
    def unsupported(self) -> set[str]:
        """Parameters that are refused."""

    @abstractmethod
    def people(self, *, animates: bool) -> set[str]:
        """What may be said about people in a video; `animates` tells whether it begins with a picture."""

    @abstractmethod
    def response(self, job: EmulatedJob | None, told: dict[str, Any]) -> dict[str, Any]:
        """The response of an operation: the video of a job, or none, and what is told of moderation."""

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """`{"error": {"code", "message", "status"}}` with an HTTP status of the same number."""
        status, name, usual = _ERRORS[kind]
        return self.google_error(status, name, f"{usual} {message}".strip())

    def google_error(self, status: int, name: str, message: str, *reasons: str) -> web.Response:
        """An error; `reasons` are those in its details."""
        error: dict[str, Any] = {"code": status, "message": message, "status": name}
        if reasons:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            error["details"] = [{"@type": kind, "reason": reason, "domain": "googleapis.com"} for reason in reasons]
        return self.json({"error": error}, status)

    def submitted(self, model: str, body: dict[str, Any], prefix: str) -> web.Response:
        """The answer to a submit: an operation below `prefix` that runs."""
        if model not in self.models:
            return self.error("gone", f"models/{model} is not found")
        if (fault := _fault_in(model, body, self.unsupported) or self._fault_in_people(body)) is not None:
            return self.error("invalid", fault)
        if self.is_full:
            return self.error("rate_limited")
        job = self.create({"model": model, **body})
        return self.json({"name": f"{prefix}/operations/{job.id}"})

    def told(self, job: EmulatedJob | None, name: str) -> web.Response:
        """The answer to a question for an operation."""
        if job is None:
            return self.google_error(404, "NOT_FOUND", f"Operation {name} is not found.")
        state = self.state_of(job)
        if state in {"queued", "running"}:
            return self.json({"name": name}, pending=True)
        return self.json({"name": name, "done": True, **self._ending(job, state)})

    def _fault_in_people(self, body: dict[str, Any]) -> str | None:
        allowed = self.people(animates="image" in body["instances"][0])
        given = body.get("parameters", {}).get("personGeneration")
        fits = given is None or given in allowed
        return None if fits else f"`personGeneration` must be one of {', '.join(sorted(allowed))} here."

    def _ending(self, job: EmulatedJob, state: str) -> dict[str, Any]:
        if state == "failed":
            return {"error": {"code": 13, "message": "Internal error encountered. Please try again."}}
        if state == "cancelled":
            return {"error": {"code": 1, "message": "The operation was cancelled."}}
        if state == "refused" and self.moderation == "error":
            return {"error": {"code": 3, "message": _HELD_BACK}}
        if state == "refused":
            reason = _SILENCED if self.moderation == "audio" else _HELD_BACK
            return {"response": self.response(None, {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [reason]})}
        if self.behaviour.outcome == "unknown_state":
            return {}
        return {"response": self.response(job, {})}


def _fault_in(model: str, body: dict[str, Any], unsupported: set[str]) -> str | None:
    """What Veo does not take of a request; None where it takes all of it."""
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or len(instances) != 1:
        return "Exactly one instance is expected."
    instance = instances[0]
    if not instance.get("prompt") and "image" not in instance:
        return "A prompt or an image is expected."
    if "lastFrame" in instance and not model.startswith("veo-3.1"):
        return "`lastFrame` isn't supported by this model."
    faults = [_fault_in_picture(instance[name]) for name in ("image", "lastFrame") if name in instance]
    faults += [f"`{name}` isn't supported by this model." for name in parameters if name in unsupported]
    return next((fault for fault in [*faults, _fault_in_parameters(model, parameters)] if fault is not None), None)


def _fault_in_picture(picture: Any) -> str | None:
    if not isinstance(picture, dict) or "bytesBase64Encoded" not in picture:
        return "`bytesBase64Encoded` is expected of a picture."
    kind = picture.get("mimeType")
    if kind not in _TYPES:
        return "The `mimeType` of a picture must be image/jpeg or image/png."
    content = decoded(picture["bytesBase64Encoded"])
    if len(content) > MOST_IMAGE_BYTES:
        return "The picture is larger than 20 MB."
    return None if content.startswith(SIGNATURES[kind]) else "The picture is not what its `mimeType` says."


def _fault_in_parameters(model: str, parameters: dict[str, Any]) -> str | None:
    old = model.startswith("veo-2")
    resolution, seconds = parameters.get("resolution"), parameters.get("durationSeconds", 8)
    allowed = {"720p", "1080p"} | ({"4k"} if model.startswith("veo-3.1") and "lite" not in model else set())
    if parameters.get("aspectRatio", "16:9") not in {"16:9", "9:16"}:
        return "`aspectRatio` must be 16:9 or 9:16."
    if resolution is not None and (old or resolution not in allowed):
        return f"`resolution` {resolution} isn't supported by this model."
    if type(seconds) is not int or seconds not in ({5, 6, 7, 8} if old else {4, 6, 8}):
        return f"`durationSeconds` is out of bound: {seconds!r}."
    if resolution not in {None, "720p"} and seconds != 8:
        return f"`durationSeconds` must be 8 at {resolution}."
    seed = parameters.get("seed", 0)
    return None if type(seed) is int and 0 <= seed < 2**32 else "`seed` must be a 32-bit number."
