from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.errors import (
    AuthenticationError,
    ContentRefusedError,
    ProviderUnavailableError,
    RateLimitedError,
    Retry,
    SubmitUnknownError,
    TimedOutError,
    VmevalkitError,
)
from vmevalkit.records.generation import Attempt, Failure, RunStatus
from vmevalkit.retry import RetryPolicy, attempts, classify, failure_of

BUSY = failure_of(ProviderUnavailableError("Busy", request_id="r-1"))
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def made(
    policy: RetryPolicy, *failures: Failure | None, random: Callable[[], float] = lambda: 0.0
) -> tuple[list[Attempt], list[float]]:
    """The attempts made where the tries end in `failures`, and the waits between them."""
    waits: list[float] = []
    tries = attempts(policy, lambda number: failures[number - 1], sleep=waits.append, random=random)
    return list(tries), waits


def test_success_is_not_repeated() -> None:
    tries, waits = made(RetryPolicy(), None)
    assert ([attempt.failure for attempt in tries], waits) == ([None], [])


def test_passing_fault_is_tried_until_it_passes() -> None:
    tries, waits = made(RetryPolicy(attempts=5), BUSY, BUSY, None)
    assert [(attempt.number, attempt.failure) for attempt in tries] == [(1, BUSY), (2, BUSY), (3, None)]
    assert waits == [1, 2]


def test_last_attempt_keeps_the_failure_when_tries_run_out() -> None:
    tries, waits = made(RetryPolicy(attempts=3), *[BUSY] * 3)
    assert [attempt.failure for attempt in tries] == [BUSY] * 3
    assert len(waits) == 2


@pytest.mark.parametrize("error", [AuthenticationError("Key"), ContentRefusedError("No"), SubmitUnknownError("Lost")])
def test_failure_that_must_not_be_repeated_is_not(error: VmevalkitError) -> None:
    tries, waits = made(RetryPolicy(), failure_of(error))
    assert (len(tries), waits) == (1, [])


def test_wait_asked_for_by_the_provider_is_honoured_in_full() -> None:
    limited = failure_of(RateLimitedError("Slow down", retry_after=90.0))
    assert made(RetryPolicy(longest_wait_seconds=10), limited, None)[1] == [90.0]


@given(st.floats(0, 1), st.floats(0, 1), st.integers(2, 12), st.floats(0, 30), st.floats(0, 120))
def test_waits_grow_within_their_bounds(jitter: float, drawn: float, tries: int, first: float, longest: float) -> None:
    policy = RetryPolicy(attempts=tries, first_wait_seconds=first, longest_wait_seconds=longest, jitter=jitter)
    waits = made(policy, *[BUSY] * tries, random=lambda: drawn)[1]
    expected = [min(first * 2**number, longest) * (1 + jitter * drawn) for number in range(tries - 1)]
    assert waits == pytest.approx(expected)


def test_each_attempt_is_given_before_the_wait_that_follows() -> None:
    events: list[str] = []

    def call(number: int) -> Failure | None:
        events.append(f"try {number}")
        return BUSY if number == 1 else None

    tries = attempts(RetryPolicy(), call, sleep=lambda _: events.append("wait"))
    events.extend(f"record {attempt.number}" for attempt in tries)
    assert events == ["try 1", "record 1", "wait", "try 2", "record 2"]


def test_attempts_carry_their_times() -> None:
    ticks = iter(NOON + timedelta(seconds=second) for second in range(9))
    (attempt,) = attempts(RetryPolicy(), lambda _: None, clock=lambda: next(ticks))
    assert (attempt.started_at, attempt.ended_at) == (NOON, NOON + timedelta(seconds=1))


def test_what_the_call_raises_passes_through() -> None:
    def call(_: int) -> Failure | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(attempts(RetryPolicy(), call))


@pytest.mark.parametrize(
    ("error", "retry"),
    [(TimedOutError("Late"), "transient"), (RateLimitedError("Slow"), "rate_limited"), (OSError("disk"), "never")],
)
def test_only_errors_that_say_so_are_worth_another_try(error: BaseException, retry: Retry) -> None:
    assert classify(error) == retry


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ContentRefusedError("No"), "refused"),
        (SubmitUnknownError("Lost"), "unknown"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("bad"), "failed"),
    ],
)
def test_failure_names_the_status_it_leads_to(error: BaseException, status: RunStatus) -> None:
    assert failure_of(error).status == status


def test_failure_keeps_the_facts_of_its_error() -> None:
    failure = failure_of(RateLimitedError("Slow down", retry_after=7.5, request_id="r-2"))
    assert failure == Failure(
        type="RateLimitedError", message="Slow down.", retry="rate_limited", retry_after=7.5, request_id="r-2"
    )


def test_foreign_facts_and_broken_text_do_not_spoil_a_failure() -> None:
    error = ValueError("file \udcff")
    error.retry_after = "soon"  # type: ignore[attr-defined]
    assert failure_of(error) == Failure(type="ValueError", message="file \\udcff")
