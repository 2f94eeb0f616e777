"""Models behind an API: what their files have in common.

A provider's file holds an adapter, which only builds requests and reads answers, and a wrapper that names it. The job
client does the rest: submit once, poll, fetch.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import JsonValue

from vmevalkit.errors import (
    ContentRefusedError,
    JobFailedError,
    ModelGoneError,
    ProviderError,
    VideoExpiredError,
)
from vmevalkit.models.base import Generation, JobTerms, Request, ServiceWrapper
from vmevalkit.models.endpoint import base_url_of, provider_facts
from vmevalkit.models.limits import PRIVATE_PARAMETERS
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import Cost, GenerationResult, InputTransform
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.account import account_for
from vmevalkit.remote.adapter import Adapter, JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.remote.job_client import JobClient
from vmevalkit.remote.refusals import refusal, unexpected
from vmevalkit.remote.transport import Transport
from vmevalkit.settings import require_variable

REQUEST_ATTEMPTS = 8
"""How often a request that costs nothing is tried: with growing waits, some minutes of outage are sat out."""


@dataclass(frozen=True)
class Order:
    """What a provider is asked to make."""

    call: Call
    """The request that submits the job."""
    sent: JsonObject
    """The parameters in it, in the provider's words, without picture and prompt; for the record."""
    transforms: tuple[InputTransform, ...] = ()
    """What was changed to make the inputs fit."""


class ApiAdapter(Adapter):
    """A provider's dialect for one of its models; `options` are the fixed arguments of the catalog entry.

    `api_key` among them takes the place of the environment variable.
    """

    id_path: ClassVar[tuple[str | int, ...]] = ("id",)
    """Where the answer to a submit holds the id of the job."""
    states: ClassVar[Mapping[str, JobState]] = MappingProxyType({})
    """The provider's words for how a job stands, and ours."""

    def __init__(self, model: str, **options: Any) -> None:
        self.model, self.options = model, options

    @abstractmethod
    def order(self, request: Request, job: Job) -> Order:
        """What to send for a request; raises InvalidRequestError for what the model does not make.

        A picture that must be reachable by URL is uploaded here.
        """

    def check_request(self, request: Request) -> None:
        """Nothing for a request that the model takes; raises InvalidRequestError for one that it does not."""
        self.order(request, Job(provider=self.provider, model=self.model))

    def job(self, job: Job, reply: Reply) -> Job:
        """The job with the id that is at `id_path` in the answer."""
        return job.model_copy(update={"id": reply.text_at(*self.id_path)})

    def state_in(self, reply: Reply, *path: str | int) -> JobState:
        """The state at a path of an answer, in our words; raises UnexpectedReplyError for one that is not known."""
        state = self.states.get(reply.text_at(*path) or "")
        if state is None:
            raise unexpected(self.provider, f"one of the states {', '.join(self.states)}", reply)
        return state

    def asked(self, request: Request) -> dict[str, Any]:
        """The parameters that are set: those of the catalog entry, and over them those of the request."""
        return {name: value for name, value in {**self.fixed, **request.parameters}.items() if value is not None}

    @cached_property
    def api_key(self) -> str:
        """The API key; raises MissingCredentialError naming the variable it is looked for in."""
        facts = provider_facts(self.provider)
        given = self.options.get("api_key")
        variable, aliases = next(iter(facts.credentials.items()))
        return str(given) if given else require_variable(variable, *aliases, needed_by=facts.title)

    def check_access(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002 (some need more than a key)
        """Nothing when all is there that a request with these parameters needs; raises what is missing."""
        _ = self.secrets

    @property
    def fixed(self) -> dict[str, Any]:
        """The options that are parameters of the model."""
        return {name: value for name, value in self.options.items() if name not in PRIVATE_PARAMETERS}

    @property
    def secrets(self) -> Collection[str]:
        """The API key."""
        return (self.api_key,)

    def headers(self, now: float) -> Mapping[str, str]:  # noqa: ARG002 (for keys that age)
        """The API key as a bearer token, as most providers want it."""
        return {"authorization": f"Bearer {self.api_key}"}


def segment(name: object) -> str:
    """A name as one segment of a path: nothing in it leads elsewhere."""
    return quote(str(name), safe="")


def coded(code: str | None, said: str | None) -> str:
    """What was said, behind its code, as far as there is either."""
    return ": ".join(part for part in (code, said) if part)


def without_video(
    provider: str,
    kind: type[ProviderError],
    said: str | None,
    reply: Reply,
    *,
    state: JobState = "failed",
    cost: Cost | None = None,
) -> JobStatus:
    """How a job stands that ended without a video: refused where moderation said no, else in the state given."""
    ended: JobState = "refused" if kind is ContentRefusedError else state
    return JobStatus(ended, error=refusal(kind, provider, said, reply), cost=cost)


class ApiService:
    """Has jobs made by one provider; what it is told and pays for goes into the log first."""

    def __init__(self, adapter: ApiAdapter, terms: JobTerms) -> None:
        self.provider, self.adapter, self.terms, self.log = provider_facts(adapter.provider), adapter, terms, terms.log
        self.base_url = base_url_of(self.provider, adapter.options)
        concurrency = terms.in_flight or self.provider.concurrency
        account = account_for(adapter.provider, self.base_url, adapter.account, concurrency)
        policy = terms.policy.model_copy(update={"attempts": max(REQUEST_ATTEMPTS, terms.policy.attempts)})
        self.client = JobClient(Transport(adapter, account, policy), self.provider)

    def generate(self, request: Request) -> Generation:
        """Have the video made, or fetch it where the log tells of a job that is open still."""
        try:
            job, status = self._ended_job(request)
            return self._fetched(job, status, request.output_path)
        except ProviderError as error:
            raise error.given_up() from error.__cause__

    def cancel(self) -> bool:
        """True when the provider was told to end the log's open job; raises JobFailedError where it has ended."""
        job = self.log.open_job
        if job is None or job.id is None or self.adapter.cancel(job) is None:
            return False
        status, _ = event_loop.run(self.client.status(job))
        if status.ended:
            raise self._job_error(
                f"The job {job.id} has ended at {self.provider.title}: it {status.state}",
                expected="a job that has not",
                next_step="`vmevalkit jobs adopt RUN` records how it ended, and fetches its video",
            )
        return event_loop.run(self.client.cancel(job))

    def knows(self, job: Job) -> bool:
        """True when the provider knows the job."""
        try:
            event_loop.run(self.client.status(job))
        except ModelGoneError:
            return False
        return True

    def _ended_job(self, request: Request) -> tuple[Job, JobStatus]:
        opened = self.log.open_job
        if opened is not None and (job := self._found(opened)) is not None:
            return job, event_loop.run(self.client.follow(job))
        if not self.terms.may_submit:
            self.log.turned_away()
            raise self._job_error(
                f"{self.provider.title} never got the job",
                expected="a job that was submitted",
                next_step="`vmevalkit generate` with --retry-failed submits it",
            )
        # Under the same name as before: should the lost request arrive after all, the provider knows it for the same.
        return self._submitted(request, opened.intent if opened is not None else None)

    def _found(self, job: Job) -> Job | None:
        """The job with its id; None when the provider is known to have no such job."""
        if job.id is not None:
            return job
        found = event_loop.run(self.client.find(job))
        if found is not None:
            self.log.submitted(found)
        return found

    def _submitted(self, request: Request, intent: str | None) -> tuple[Job, JobStatus]:
        named = {} if intent is None else {"intent": intent}
        planned = Job(provider=self.provider.name, model=self.adapter.model, **named)
        order = self.adapter.order(request, planned)
        facts = {"endpoint": self.base_url, "forecast": self.terms.forecast}
        job = planned.model_copy(update={"sent": order.sent, "transforms": order.transforms, **facts})
        running = self.client.run(job, order.call, self.log)
        del order  # the picture in it is not needed while the job runs
        return event_loop.run(running)

    def _fetched(self, job: Job, status: JobStatus, path: Path) -> Generation:
        if status.error is not None or status.video is None:
            self.log.ended("failed" if status.state == "succeeded" else status.state, status.cost)
            raise status.error or self._job_error(
                f"{self.provider.title} says that the job {job.id} succeeded, and gives no video",
                expected="the address of a video",
                next_step="Ask the provider about the job",
            )
        self.log.ended(status.state, status.cost)
        try:
            event_loop.run(self.client.fetch(job, status, path))
        except VideoExpiredError:
            self.log.ended("failed", status.cost)
            raise
        return Generation(str(job.id), self._metadata(job, status))

    def _metadata(self, job: Job, status: JobStatus) -> JsonObject:
        transforms: list[JsonValue] = [transform.model_dump(mode="json") for transform in job.transforms]
        facts: JsonObject = {"provider": self.provider.name, "input_transforms": transforms, "sent": job.sent}
        if isinstance(status.video, Call):
            facts["video_url"] = self.client.transport.address(status.video.path).partition("?")[0]
        if status.cost is not None:
            facts["cost"] = status.cost.model_dump(mode="json")
        if self.base_url != self.provider.base_url:
            facts["endpoint"] = self.base_url
        return facts | (status.details or {})

    def _job_error(self, given: str, *, expected: str, next_step: str) -> JobFailedError:
        facts = {"provider": self.provider.name, "request_id": None}
        return JobFailedError(given, expected=expected, next_step=next_step, **facts)


class ApiWrapper(ServiceWrapper):
    """The face of a model behind an API; a subclass names its adapter."""

    adapter: ClassVar[type[ApiAdapter]]
    submits_jobs = True

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        super().__init__(model, output_dir, **kwargs)
        self.terms: JobTerms | None = None
        self._private: dict[str, Any] = {}

    def generate(
        self,
        image_path: str | Path,
        text_prompt: str,
        duration: float | None = None,
        output_filename: str | None = None,
        **kwargs: Any,
    ) -> GenerationResult:
        """One video; a key or an address given with the parameters is no parameter of the model."""
        self._private = {name: kwargs.pop(name) for name in PRIVATE_PARAMETERS if name in kwargs}
        return super().generate(image_path, text_prompt, duration, output_filename, **kwargs)

    @property
    def service(self) -> ApiService:
        """What does the work, anew each time: it asks for the key; raises MissingCredentialError."""
        return ApiService(self._adapter(), self.terms or JobTerms())

    def attend(self, terms: JobTerms) -> None:
        """Work under these terms; without, each `generate` keeps its job in memory only."""
        self.terms = terms

    def cancel(self) -> bool:
        """True when the provider was told to end the log's open job; False where it cannot be told."""
        return self.service.cancel()

    def knows(self, job: Job) -> bool:
        """True when the provider knows the job."""
        return self.service.knows(job)

    def check_access(self, parameters: Mapping[str, Any]) -> None:
        """Nothing when the key is there; raises MissingCredentialError otherwise."""
        self._adapter().check_access(parameters)

    def check_request(self, request: Request) -> None:
        """Nothing for a request that the model takes; raises InvalidRequestError for one that it does not."""
        self._adapter().check_request(request)

    def _adapter(self) -> ApiAdapter:
        return self.adapter(self.model, **self.options | self._private)
