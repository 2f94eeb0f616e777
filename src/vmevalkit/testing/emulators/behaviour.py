"""What an emulated provider does wrong, and how fast it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from vmevalkit.records.base import Record

Phase = Literal["submit", "poll", "fetch", "cancel", "find", "upload"]
"""What a request is for."""

FaultKind = Literal[
    "rate_limited",
    "unauthenticated",
    "expired_key",
    "no_credit",
    "refused",
    "invalid",
    "gone",
    "server_error",
    "unavailable",
    "bad_gateway",
    "html",
    "cut_before",
    "cut_after",
    "truncated",
    "garbage",
    "expired",
    "redirect",
]
"""What is answered in place of the right answer. `cut_before`: the connection ends before the request is worked on;
`cut_after`: the work is done, and the answer is lost; `bad_gateway`: a proxy says 503; `truncated`: half of the video
arrives; `garbage`: what arrives is no video; `expired`: its address no longer holds it."""

Outcome = Literal["succeed", "fail", "refuse", "cancel", "unknown_state", "never_end"]
"""How jobs end."""


class Fault(Record):
    """Something that goes wrong with the next requests of a phase."""

    phase: Phase
    """Which requests."""
    kind: FaultKind
    """What goes wrong."""
    times: int = Field(default=1, ge=-1)
    """How many of them; -1 for all."""
    retry_after: float | None = None
    """Seconds that a rate limit asks to wait."""

    @field_validator("times")
    @classmethod
    def _is_some(cls, times: int) -> int:
        if times == 0:
            raise ValueError("a fault that never happens is none")
        return times


class Behaviour(Record):
    """How an emulated provider behaves."""

    job_seconds: float = 0.0
    """How long a job runs."""
    poll_after: float | None = 0.01
    """Seconds the answer to a poll asks to wait; None says nothing, and clients wait as long as they usually do."""
    concurrency: int | None = None
    """Jobs it takes at once; one more is refused as too many."""
    outcome: Outcome = "succeed"
    """How its jobs end."""
    faults: tuple[Fault, ...] = ()
    """What goes wrong, in order."""
    clock_skew: float = 0.0
    """Seconds by which its clock is ahead."""
    date: str | None = None
    """What its answers say in place of the time of its clock."""
    submit_seconds: float = 0.0
    """How long it takes to answer a submit."""
    download_seconds: float = 0.0
    """How long a video takes to arrive."""
    key: str = "test-key-of-the-emulator"
    """The only key it knows."""
