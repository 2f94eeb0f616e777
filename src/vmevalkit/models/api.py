"""Models behind an API: what their files have in common.

A provider's file holds an adapter, which only builds requests and reads answers, and a wrapper that names it. The job
client does the rest: submit once, poll, fetch.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import JsonValue

from vmevalkit.errors import JobFailedError
from vmevalkit.models.base import Generation, Request, ServiceWrapper
from vmevalkit.models.endpoint import base_url_of, provider_facts
from vmevalkit.models.limits import PRIVATE_PARAMETERS
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import GenerationResult, InputTransform
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.account import account_for
from vmevalkit.remote.adapter import Adapter, JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.remote.job_client import JobClient
from vmevalkit.remote.refusals import unexpected
from vmevalkit.remote.transport import Transport
from vmevalkit.retry import RetryPolicy
from vmevalkit.settings import require_variable
from vmevalkit.store.job_log import JobLog

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


class ApiService:
    """Has jobs made by one provider; what it is told and pays for goes into the log first."""

    def __init__(self, adapter: ApiAdapter, policy: RetryPolicy, log: JobLog, in_flight: int | None = None) -> None:
        self.provider, self.adapter, self.log = provider_facts(adapter.provider), adapter, log
        base_url = base_url_of(self.provider, adapter.options)
        account = account_for(adapter.provider, base_url, adapter.account, in_flight or self.provider.concurrency)
        self.client = JobClient(Transport(adapter, account, policy), self.provider)
        self.endpoint = None if base_url == self.provider.base_url else base_url

    def generate(self, request: Request) -> Generation:
        """Have the video made, or fetch it where the log tells of a job that is open still."""
        return event_loop.run(self._generate(request))

    def cancel(self) -> bool:
        """True when the provider was told to end the log's open job."""
        job = self.log.open_job
        return job is not None and job.id is not None and event_loop.run(self.client.cancel(job))

    async def _generate(self, request: Request) -> Generation:
        job, status = await self._ended_job(request)
        failed = status.error is not None or status.video is None
        state = "failed" if failed and status.state == "succeeded" else status.state
        await asyncio.to_thread(self.log.ended, state, status.cost)
        if failed:
            raise status.error or self._no_video(job)
        await self.client.fetch(job, status, request.output_path)
        return Generation(str(job.id), self._metadata(job, status))

    async def _ended_job(self, request: Request) -> tuple[Job, JobStatus]:
        job = self.log.open_job
        lost = job is not None and job.id is None
        if job is not None and lost:
            job = await self.client.find(job)
            if job is not None:
                await asyncio.to_thread(self.log.submitted, job)
        if job is not None:
            return job, await self.client.follow(job)
        # Under the same name as before: should the lost request arrive after all, the provider knows it for the same.
        return await self._submitted_job(request, self.log.open_job.intent if lost and self.log.open_job else None)

    async def _submitted_job(self, request: Request, intent: str | None) -> tuple[Job, JobStatus]:
        named = {"intent": intent} if intent is not None else {}
        planned = Job(provider=self.provider.name, model=self.adapter.model, **named)
        order = await asyncio.to_thread(self.adapter.order, request, planned)
        job = planned.model_copy(update={"sent": order.sent, "transforms": order.transforms})
        return await self.client.run(job, order.call, self.log)

    def _metadata(self, job: Job, status: JobStatus) -> JsonObject:
        transforms: list[JsonValue] = [transform.model_dump(mode="json") for transform in job.transforms]
        facts: JsonObject = {"provider": self.provider.name, "input_transforms": transforms, "sent": job.sent}
        if isinstance(status.video, Call):
            facts["video_url"] = self.client.transport.address(status.video.path).partition("?")[0]
        if status.cost is not None:
            facts["cost"] = status.cost.model_dump(mode="json")
        if self.endpoint is not None:
            facts["endpoint"] = self.endpoint
        return facts | (status.details or {})

    def _no_video(self, job: Job) -> JobFailedError:
        return JobFailedError(
            f"{self.provider.title} says that the job {job.id} succeeded, and gives no video",
            expected="the address of a video",
            next_step="Ask the provider about the job",
            provider=self.provider.name,
            request_id=None,
        )


class ApiWrapper(ServiceWrapper):
    """The face of a model behind an API; a subclass names its adapter."""

    adapter: ClassVar[type[ApiAdapter]]

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        super().__init__(model, output_dir, **kwargs)
        self.log, self.policy = JobLog(), RetryPolicy()
        self.in_flight: int | None = None

    def generate(
        self,
        image_path: str | Path,
        text_prompt: str,
        duration: float | None = None,
        output_filename: str | None = None,
        **kwargs: Any,
    ) -> GenerationResult:
        """One video; a key or an address given with the parameters is no parameter of the model."""
        self.options |= {name: kwargs.pop(name) for name in PRIVATE_PARAMETERS if name in kwargs}
        return super().generate(image_path, text_prompt, duration, output_filename, **kwargs)

    @cached_property
    def service(self) -> ApiService:
        """What does the work, made when first needed, since it asks for the key; raises MissingCredentialError."""
        policy = self.policy.model_copy(update={"attempts": max(REQUEST_ATTEMPTS, self.policy.attempts)})
        return ApiService(self.adapter(self.model, **self.options), policy, self.log, self.in_flight)

    def attend(self, log: JobLog, policy: RetryPolicy, in_flight: int | None) -> None:
        """Write the job down in `log`, wait between tries as `policy` says, have at most `in_flight` jobs at once."""
        self.log, self.policy, self.in_flight = log, policy, in_flight

    def cancel(self) -> bool:
        """True when the provider was told to end the log's open job; False where it cannot be told."""
        return self.service.cancel()

    def check_access(self) -> None:
        """Nothing when the key is there; raises MissingCredentialError otherwise."""
        _ = self.adapter(self.model, **self.options).secrets
