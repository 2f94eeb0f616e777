"""Google Veo, through the Gemini API and through Vertex AI.

Source: the official SDK `google-genai` 2.34.0 and Google's documentation; docs/providers.md says what is unverified.
"""

from __future__ import annotations

import base64
import re
from abc import abstractmethod
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from vmevalkit.errors import InvalidSettingError, JobFailedError, ProviderError
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, segment
from vmevalkit.models.base import Request
from vmevalkit.models.endpoint import provider_facts
from vmevalkit.models.google_credentials import google_credentials
from vmevalkit.models.veo_refusals import failed_operation, google_error, refused
from vmevalkit.models.veo_request import veo_order
from vmevalkit.records.job import Job
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import unexpected
from vmevalkit.settings import read_variable, require_variable

ACCESS_TOKEN = "GOOGLE_OAUTH_ACCESS_TOKEN"  # noqa: S105 (the name of the variable)
"""Environment variable with an access token, as `gcloud auth print-access-token` prints it."""

_DEFAULT_LOCATION = "us-central1"


class VeoAdapter(ApiAdapter):
    """What both of Google's APIs have in common: the body of a request and the form of an operation."""

    id_path = ("name",)
    result_path: ClassVar[tuple[str, ...]]
    """Where an operation that ended tells of its videos."""

    @property
    @abstractmethod
    def model_path(self) -> str:
        """Path of the model, below which it is asked."""

    @abstractmethod
    def delivered(self, reply: Reply) -> JobStatus | None:
        """How a job stands whose operation holds a video; None where it holds none."""

    def order(self, request: Request, job: Job) -> Order:  # noqa: ARG002 (it has no place for an id of ours)
        """The request for one video; the pictures go in as base64, of the shape of the video."""
        return veo_order(self.model_path, request, self.asked(request))

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the operation stands; `done` is left out until it ended."""
        done, result = reply.at("done"), reply.at(*self.result_path)
        if not done and reply.text_at("name") is not None:
            return JobStatus("running")
        if done is True and isinstance(reply.at("error"), dict):
            return failed_operation(self.provider, reply)
        if done is not True or not isinstance(result, dict):
            raise unexpected(self.provider, "an operation that runs, or that ended with a result or an error", reply)
        if (status := self.delivered(reply)) is not None:
            return status
        reasons = result.get("raiMediaFilteredReasons")
        if reasons or result.get("raiMediaFilteredCount"):
            return refused(self.provider, reply, reasons if isinstance(reasons, list) else [])
        return JobStatus("succeeded")

    def error(self, reply: Reply) -> ProviderError:
        """The error that the status, the words and the details of an answer stand for."""
        return google_error(self.provider, reply)


class GeminiVeoAdapter(VeoAdapter):
    """What the Gemini API is told and what it answers."""

    provider = "gemini"
    result_path = ("response", "generateVideoResponse")

    @property
    def model_path(self) -> str:
        """Path of the model."""
        return f"v1beta/models/{segment(self.model)}"

    def headers(self, now: float) -> Mapping[str, str]:  # noqa: ARG002 (the key does not age)
        """The API key, under Google's own name for it."""
        return {"x-goog-api-key": self.api_key}

    def poll(self, job: Job) -> Call:
        """The request for the operation, whose name is its path."""
        return Call("GET", f"v1beta/{quote(str(job.id), safe='/')}")

    def delivered(self, reply: Reply) -> JobStatus | None:
        """The address of the video; one at Google, which asks for the key, as a path below our own base URL."""
        uri = reply.text_at(*self.result_path, "generatedSamples", 0, "video", "uri")
        if uri is None:
            return None
        parts = urlsplit(uri)
        if parts.hostname == urlsplit(provider_facts(self.provider).base_url).hostname:
            uri = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return JobStatus("succeeded", video=Call("GET", uri))


class VertexVeoAdapter(VeoAdapter):
    """What Vertex AI is told and what it answers.

    The option `access_token`, or GOOGLE_OAUTH_ACCESS_TOKEN, takes the place of Google's credentials while it holds.
    """

    provider = "vertex"
    fetches_tokens = True
    result_path = ("response",)

    def __init__(self, model: str, **options: Any) -> None:
        super().__init__(model, **options)
        if not options.get("base_url") and not read_variable(provider_facts(self.provider).base_url_variable):
            self.options["base_url"] = _host_in(self.location)

    @cached_property
    def location(self) -> str:
        """Where the model runs: GCP_LOCATION, else us-central1."""
        return read_variable("GCP_LOCATION", "GOOGLE_CLOUD_LOCATION") or _DEFAULT_LOCATION

    @property
    def model_path(self) -> str:
        """Path of the model, in the project of GCP_PROJECT_ID; raises MissingCredentialError without one."""
        project = require_variable("GCP_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", needed_by="Google Vertex AI")
        place = f"projects/{quote(project, safe=':')}/locations/{segment(self.location)}"
        return f"v1/{place}/publishers/google/models/{segment(self.model)}"

    @property
    def account(self) -> str:
        """The path of the model: access tokens come and go."""
        return self.model_path

    @property
    def secrets(self) -> Collection[str]:
        """The access token in use."""
        return (self._given_token or google_credentials().token,)

    def headers(self, now: float) -> Mapping[str, str]:  # noqa: ARG002 (tokens end by the clock of this machine)
        """An access token, renewed where it is about to end."""
        given = self._given_token
        return {"authorization": f"Bearer {given}"} if given else google_credentials().headers()

    def poll(self, job: Job) -> Call:
        """The request for the operation, which is asked of its model."""
        model_path = str(job.id).rpartition("/operations/")[0]
        path = f"v1/{quote(model_path, safe='/:')}:fetchPredictOperation"
        return Call("POST", path, json={"operationName": job.id})

    def delivered(self, reply: Reply) -> JobStatus | None:
        """The video itself; an error that names the bucket where it was put into one."""
        inline = reply.text_at("response", "videos", 0, "bytesBase64Encoded")
        if inline is not None:
            try:
                return JobStatus("succeeded", video=base64.b64decode(inline, validate=True))
            except ValueError as error:
                raise unexpected(self.provider, "a video in base64", reply) from error
        address = reply.text_at("response", "videos", 0, "gcsUri")
        return JobStatus("succeeded", error=self._elsewhere(address)) if address is not None else None

    @property
    def _given_token(self) -> str | None:
        given = self.options.get("access_token") or self.options.get("api_key") or read_variable(ACCESS_TOKEN)
        return str(given) if given else None

    def _elsewhere(self, address: str) -> JobFailedError:
        return JobFailedError(
            f"Google Vertex AI put the video into a bucket, at {address}",
            expected="the video in the answer",
            next_step=f"Fetch it with `gcloud storage cp {address} .`",
            provider=self.provider,
            request_id=None,
        )


class GeminiVeoWrapper(ApiWrapper):
    """The face of Veo behind the Gemini API."""

    adapter = GeminiVeoAdapter


class VertexVeoWrapper(ApiWrapper):
    """The face of Veo behind Vertex AI."""

    adapter = VertexVeoAdapter


def _host_in(location: str) -> str:
    """The base URL in a location; raises InvalidSettingError for what is no name of one, as it becomes a host name."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", location):
        raise InvalidSettingError(
            f"The setting GCP_LOCATION is {location!r}",
            expected="the name of a location, such as us-central1 or global",
            next_step="Mend it in the environment or `.env`",
        )
    return f"https://{'' if location == 'global' else f'{location}-'}aiplatform.googleapis.com"
