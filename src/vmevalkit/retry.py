"""Trying again: whether it can help, how long to wait, and a record of each try."""

from __future__ import annotations

import random as random_numbers
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from pydantic import Field
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt

from vmevalkit.errors import ContentRefusedError, Retry, SubmitUnknownError, UnknownJobError, VmevalkitError
from vmevalkit.records.base import Record
from vmevalkit.records.generation import Attempt, Failure, RunStatus

_STATUSES: tuple[tuple[type[BaseException], RunStatus], ...] = (
    (ContentRefusedError, "refused"),
    (SubmitUnknownError, "unknown"),
    (UnknownJobError, "unknown"),
    (KeyboardInterrupt, "interrupted"),
)


_MOST_DOUBLINGS = 60


class RetryPolicy(Record):
    """How often to try, and how long to wait in between."""

    attempts: int = Field(default=3, ge=1)
    """Most tries, the first one included."""
    first_wait_seconds: float = Field(default=1.0, ge=0)
    """Wait after the first try; it doubles with each further one."""
    longest_wait_seconds: float = Field(default=60.0, ge=0)
    """The wait grows no longer than this. A wait asked for by the provider is honoured in full."""
    jitter: float = Field(default=0.25, ge=0, le=1)
    """Up to this share of the wait is added at random, so that many callers do not come back at once."""

    def wait(
        self, number: int, told: float | None = None, random: Callable[[], float] = random_numbers.random
    ) -> float:
        """Seconds to wait after the `number`th try; `told` is the wait the provider asked for, if it did."""
        growing = min(self.first_wait_seconds * 2 ** min(number - 1, _MOST_DOUBLINGS), self.longest_wait_seconds)
        return (growing if told is None else told) * (1 + self.jitter * random())


def classify(error: BaseException) -> Retry:
    """Whether trying again can help; `never` for an error that does not say."""
    return error.retry if isinstance(error, VmevalkitError) else "never"


def failure_of(error: BaseException) -> Failure:
    """`error` as data: its class name, text, facts, and the run status it leads to."""
    facts = vars(error) if isinstance(error, VmevalkitError) else {}
    text = str(error).encode("utf-8", "backslashreplace").decode()  # a file name in it need not be valid Unicode
    return Failure(
        type=type(error).__name__,
        message=text or type(error).__name__,
        retry=classify(error),
        retry_after=facts.get("retry_after"),
        request_id=facts.get("request_id"),
        status=next((status for kind, status in _STATUSES if isinstance(error, kind)), "failed"),
        traceback=facts.get("traceback"),
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)


def attempts(
    policy: RetryPolicy,
    call: Callable[[int], Failure | None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    random: Callable[[], float] = random_numbers.random,
    clock: Callable[[], datetime] = _now,
) -> Iterator[Attempt]:
    """Each try of `call(number)`, numbered from 1, given as soon as it ends; the last one says how it all ended.

    `call` returns None once it succeeded. A failure is tried again while its `retry` is not `never` and the policy
    has tries left; the wait is taken when the next item is asked for. `random` gives numbers from 0 to 1.
    """

    def wait(state: RetryCallState) -> float:
        told = None if state.outcome is None else state.outcome.result().retry_after
        return policy.wait(state.attempt_number, told, random)

    turns = Retrying(
        stop=stop_after_attempt(policy.attempts),
        retry=retry_if_result(lambda failure: failure is not None and failure.retry != "never"),
        wait=wait,
        sleep=sleep,
        retry_error_callback=lambda state: state.outcome,
    )
    for turn in turns:
        started = clock()
        failure = call(turn.retry_state.attempt_number)
        turn.retry_state.set_result(failure)
        yield Attempt(number=turn.retry_state.attempt_number, started_at=started, ended_at=clock(), failure=failure)
