"""The Gemini API's Veo on loopback. Checked by running the official SDK, `google-genai` 2.34.0, against it."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.testing.emulators.base import EmulatedJob, Handler
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase
from vmevalkit.testing.emulators.google import GoogleEmulator

_HOST = "https://generativelanguage.googleapis.com"
_BAD_KEYS: dict[FaultKind, str] = {
    "unauthenticated": "API key not valid. Please pass a valid API key.",
    "expired_key": "API key expired. Please renew the API key.",
}


class GeminiEmulator(GoogleEmulator):
    """Operations are asked for by GET; a video is a file, fetched with the key."""

    provider: ClassVar[str] = "gemini"
    models: ClassVar[frozenset[str]] = frozenset(
        {
            "veo-2.0-generate-001",
            "veo-3.0-generate-001",
            "veo-3.0-fast-generate-001",
            "veo-3.1-generate-preview",
            "veo-3.1-fast-generate-preview",
            "veo-3.1-lite-generate-preview",
        }
    )

    @property
    def unsupported(self) -> set[str]:
        """What only Vertex AI takes; that the API itself refuses all of it is unverified, its SDK does."""
        return {"seed", "generateAudio", "storageUri", "fps", "pubsubTopic", "resizeMode", "compressionQuality"}

    def people(self, *, animates: bool) -> set[str]:
        """Adults only in videos that begin with a picture, and anybody in all others."""
        return {"allow_adult"} if animates else {"allow_all"}

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Submit, operation and file, in the version that has Veo."""
        return [
            ("POST", "/v1beta/models/{model:[^/:]+}:predictLongRunning", "submit", self._submit),
            ("GET", "/v1beta/models/{model}/operations/{id}", "poll", self._operation),
            ("GET", "/v1beta/files/{file:[a-z0-9]+}:download", "fetch", self._download),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the key in Google's own header, or in the query."""
        return self.key in {request.headers.get("x-goog-api-key"), request.query.get("key")}

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """Google's usual error; a wrong key is a 400 here, as far as is known."""
        if kind in _BAD_KEYS:
            return self.google_error(400, "INVALID_ARGUMENT", _BAD_KEYS[kind], "API_KEY_INVALID")
        return super().error(kind, message)

    def response(self, job: EmulatedJob | None, told: dict[str, Any]) -> dict[str, Any]:
        """The response with the video's address at the real host, as the SDK can read no other."""
        samples = [{"video": {"uri": f"{_HOST}/v1beta/files/{_file_of(job)}:download?alt=media"}}] if job else []
        kind = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
        return {"@type": kind, "generateVideoResponse": {"generatedSamples": samples, **told} if samples else told}

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        model = request.match_info["model"]
        return self.submitted(model, await request.json(), f"models/{model}")

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        return self.told(self.jobs.get(request.match_info["id"]), request.path.removeprefix("/v1beta/"))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        job = next((job for job in self.jobs.values() if _file_of(job) == request.match_info["file"]), None)
        if job is None or request.query.get("alt") != "media":
            return self.google_error(404, "NOT_FOUND", "The file does not exist.")
        job.fetched += 1
        return await self.send_video(request)


def _file_of(job: EmulatedJob) -> str:
    """The id of the file that holds a job's video: lower-case letters and digits only."""
    return uuid.UUID(job.id).hex
