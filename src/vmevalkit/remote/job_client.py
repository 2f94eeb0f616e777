"""The one job client: submit once, poll until the end, fetch, cancel. The same for every provider."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Protocol

from vmevalkit.atomic import write_atomic
from vmevalkit.errors import (
    ModelGoneError,
    ProviderError,
    ProviderUnavailableError,
    RateLimitedError,
    SubmitUnknownError,
    TimedOutError,
    UnexpectedReplyError,
    UnknownJobError,
    VideoExpiredError,
)
from vmevalkit.records.job import Job
from vmevalkit.records.model import Provider
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.download import download
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.remote.refusals import unexpected
from vmevalkit.remote.transport import Transport, told_wait
from vmevalkit.retry import classify

MOST_SUBMITS = 20
"""How often a submit that the provider turned away is tried; the gate halves with every refusal, so this is plenty."""
MOST_DENIALS = 3
"""How often a provider may say that it does not know a job before it is believed."""
_TURNED_AWAY = 503
"""The one server error that is taken to say, in the provider's own words, that the request was not worked on."""


class SubmitLog(Protocol):
    """Where it is written down how a submit goes."""

    def submitting(self, job: Job) -> None:
        """The job is about to be submitted."""

    def submitted(self, job: Job) -> None:
        """The provider has it, under the id that it holds now."""

    def turned_away(self) -> None:
        """The provider did not take it, so nothing came of it."""


class JobClient:
    """Takes jobs of one account at one provider from submit to video."""

    def __init__(self, transport: Transport, provider: Provider, *, clock: Callable[[], float] = monotonic) -> None:
        self.transport, self.provider, self.gate = transport, provider, transport.account.gate
        self._adapter, self._clock = transport.adapter, clock

    async def run(self, job: Job, call: Call, log: SubmitLog) -> tuple[Job, JobStatus]:
        """Submit a job once and wait for its end; the log hears of each step before the next one is taken.

        A request that the provider turned away is tried again where that can help, since nothing came of it. Raises
        SubmitUnknownError when it may have arrived and nobody can say, TimedOutError when the job took longer than the
        deadline.
        """
        number = 0
        while True:
            number += 1
            async with self.gate.slot():
                await self.gate.wait_until_open()
                event_loop.check_open()
                log.submitting(job)  # here and not in another thread: nothing comes between the log and the request
                try:
                    submitted = await self._submit(job, call)
                except SubmitUnknownError:
                    raise
                except ProviderError as error:
                    log.turned_away()
                    if classify(error) == "never" or number == MOST_SUBMITS:
                        raise error.given_up() from None
                    wait = self._back_off(error, number)
                else:
                    log.submitted(submitted)
                    del call
                    await self.gate.accepted()
                    return submitted, await self._end(submitted)
            with event_loop.leavable():
                await asyncio.sleep(wait)

    async def follow(self, job: Job) -> JobStatus:
        """Wait for the end of a job that was submitted before; raises TimedOutError after the deadline."""
        async with self.gate.slot(at_once=True):
            return await self._end(job)

    async def find(self, job: Job) -> Job | None:
        """The job with the provider's id, looked up by our own; None when the provider has no such job.

        Raises SubmitUnknownError where the provider cannot look up jobs.
        """
        call = self._adapter.find(job)
        if call is None:
            raise self._unknown(job, "it cannot be asked for it")
        try:
            found = self._adapter.job(job, await self.transport.ask(call))
        except ModelGoneError:
            return None
        return found if found.id is not None else None

    async def status(self, job: Job) -> tuple[JobStatus, float | None]:
        """How the job stands, and the wait that the provider asks for before it is asked again, in seconds."""
        reply = await self.transport.ask(self._adapter.poll(job))
        return self._adapter.status(job, reply), told_wait(reply)

    async def fetch(self, job: Job, status: JobStatus, path: Path) -> None:
        """Put the video of a job that succeeded at `path`; an address that has expired is asked for anew, once."""
        if await self._fetched(status, path):
            return
        status, _ = await self.status(job)
        if not await self._fetched(status, path):
            raise VideoExpiredError(
                f"{self.provider.title} no longer keeps the video of job {job.id}",
                expected="a video that can be fetched",
                next_step="Run the same command with --retry-failed to have it made again, which is paid for again",
                provider=self.provider.name,
                request_id=None,
            )

    async def cancel(self, job: Job) -> bool:
        """True when the provider was told to end the job; False where it cannot be told."""
        call = self._adapter.cancel(job)
        if call is None:
            return False
        await self.transport.ask(call)
        return True

    async def _submit(self, job: Job, call: Call) -> Job:
        try:
            reply = await self.transport.send(call, fresh=True)
        except (ProviderUnavailableError, UnexpectedReplyError) as error:
            if _was_turned_away(error):
                raise
            return await self._looked_up(job, error)
        submitted = self._adapter.job(job, reply)
        return submitted if submitted.id is not None else await self._looked_up(job, _no_id(self.provider, reply))

    async def _looked_up(self, job: Job, error: ProviderError) -> Job:
        """The job whose submit got no clear answer; raises a passing error when it is certain that there is none."""
        if not self.provider.finds_jobs:
            raise self._unknown(job, error.given) from error
        try:
            found = await self.find(job)
        except ProviderError as failed:
            raise self._unknown(job, f"{error.given}; looked up, {failed.given}") from error
        if found is not None:
            return found
        raise ProviderUnavailableError(
            error.given, provider=self.provider.name, request_id=error.request_id, sent=False
        )

    def _unknown(self, job: Job, reason: str) -> SubmitUnknownError:
        return SubmitUnknownError(
            f"Nobody knows whether {self.provider.title} has the job {job.intent}: {reason}",
            expected="an answer with the id of the job",
            next_step="Look for it at the provider, then `vmevalkit jobs adopt RUN --job-id ID`; or have it made, and "
            "perhaps paid for, again with --resubmit-unknown",
            provider=self.provider.name,
            request_id=None,
        )

    def _denied(self, job: Job, error: ProviderError) -> UnknownJobError:
        return UnknownJobError(
            f"{self.provider.title} does not know the job {job.id}: {error.given}",
            expected="the account, and the address, that it was submitted with",
            next_step="Set the key it was submitted with and run the same command again; or have it made, and paid "
            "for, again with --resubmit-unknown",
            provider=self.provider.name,
            request_id=error.request_id,
        )

    def _back_off(self, error: ProviderError, number: int) -> float:
        wait = self.transport.policy.wait(number, error.retry_after or None)
        if wait > self.provider.deadline_seconds:
            raise error.given_up()
        if isinstance(error, RateLimitedError):
            self.gate.refused(wait)
        return wait

    async def _end(self, job: Job) -> JobStatus:
        """The one poll loop."""
        deadline = self._clock() + self.provider.deadline_seconds
        unknown, state = 0, "queued"
        while True:
            left = deadline - self._clock()
            if left <= 0:
                raise self._timed_out(job, state)
            try:
                status, told = await asyncio.wait_for(self.status(job), left)
            except asyncio.TimeoutError:  # on Python 3.10 not yet the built-in one
                continue
            except ModelGoneError as error:  # a job of a moment ago may not be known everywhere yet
                unknown += 1
                if unknown > MOST_DENIALS:
                    raise self._denied(job, error) from error
                wait = self.transport.policy.wait(unknown)
            else:
                if status.ended:
                    return status
                # No wait at all is no answer to how long.
                state, wait = status.state, told or self.provider.poll_seconds
            await asyncio.sleep(min(wait, max(0.0, deadline - self._clock())))

    def _timed_out(self, job: Job, state: str) -> TimedOutError:
        return TimedOutError(
            f"The job {job.id} at {self.provider.title} is {state} still, after {self.provider.deadline_seconds:g} "
            "seconds",
            expected="it to end by then",
            next_step="It is not lost: the same command, or `vmevalkit jobs adopt`, goes on waiting for it",
            retry="never",
        )

    async def _fetched(self, status: JobStatus, path: Path) -> bool:
        if isinstance(status.video, bytes):
            await asyncio.to_thread(write_atomic, path, status.video)
            return True
        if status.video is None:
            return False
        try:
            await download(self.transport, status.video.path, path)
        except VideoExpiredError:
            return False
        return True


def _was_turned_away(error: ProviderError) -> bool:
    """True when it is certain that nothing came of the request."""
    return (error.status == _TURNED_AWAY and error.in_json) or error.sent is False


def _no_id(provider: Provider, reply: Reply) -> UnexpectedReplyError:
    return unexpected(provider.title, "the id of a job", reply)
