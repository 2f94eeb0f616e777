"""Vertex AI's Veo on loopback. Checked by running the official SDK, `google-genai` 2.34.0, against it."""

from __future__ import annotations

import base64
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.models.catalog.reader import providers
from vmevalkit.models.veo_inference import ACCESS_TOKEN
from vmevalkit.testing.emulators.base import EmulatedJob, Handler
from vmevalkit.testing.emulators.behaviour import FaultKind, Phase
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.google import GoogleEmulator

_MODEL = "/{version:v1|v1beta1}/{prefix:projects/[^/]+/locations/[^/]+/publishers/google/models/[^/:]+}"
_BILLING = "This API method requires billing to be enabled. Please enable billing on the project."


class VertexEmulator(GoogleEmulator):
    """Operations are asked for by POST; a video comes with the answer."""

    provider: ClassVar[str] = "vertex"
    models: ClassVar[frozenset[str]] = frozenset(
        {
            "veo-2.0-generate-001",
            "veo-3.0-generate-001",
            "veo-3.0-fast-generate-001",
            "veo-3.1-generate-001",
            "veo-3.1-fast-generate-001",
        }
    )

    @property
    def unsupported(self) -> set[str]:
        """Nothing; where the video should be stored is ignored here."""
        return set()

    def people(self, *, animates: bool) -> set[str]:  # noqa: ARG002 (it is the same for all videos)
        """Adults, or nobody."""
        return {"allow_adult", "disallow"}

    @property
    def environment(self) -> dict[str, str]:
        """Address, a project, and the access token."""
        facts = providers()[self.provider]
        project = {"GCP_PROJECT_ID": "emulated-project", ACCESS_TOKEN: self.key}
        return {facts.base_url_variable: self.base_url, **project}

    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Submit and operation, in both versions of the API."""
        return [
            ("POST", f"{_MODEL}:predictLongRunning", "submit", self._submit),
            ("POST", f"{_MODEL}:fetchPredictOperation", "poll", self._operation),
        ]

    def is_authorized(self, request: web.Request) -> bool:
        """True for the access token as a bearer token."""
        return request.headers.get("authorization") == f"Bearer {self.key}"

    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """Google's usual error; without credit it is a project without billing."""
        if kind == "no_credit":
            return self.google_error(403, "PERMISSION_DENIED", f"{_BILLING} {message}".strip(), "BILLING_DISABLED")
        return super().error(kind, message)

    def response(self, job: EmulatedJob | None, told: dict[str, Any]) -> dict[str, Any]:
        """The response with the video itself in base64."""
        kind = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
        response: dict[str, Any] = {"@type": kind, "raiMediaFilteredCount": 0, **told}
        if job is not None:
            job.fetched += 1
            video = base64.b64encode(clip()).decode()
            response["videos"] = [{"bytesBase64Encoded": video, "mimeType": "video/mp4"}]
        return response

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        prefix = request.match_info["prefix"]
        return self.submitted(prefix.rpartition("/")[2], await request.json(), prefix)

    async def _operation(self, request: web.Request) -> web.StreamResponse:
        name = str((await request.json()).get("operationName"))
        prefix, _, operation = name.rpartition("/operations/")
        if prefix != request.match_info["prefix"]:
            return self.error("invalid", "The operation is not one of this model.")
        return self.told(self.jobs.get(operation), name)
