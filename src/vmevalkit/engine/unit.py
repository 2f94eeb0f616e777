"""What a sweep is made of: units of work, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from vmevalkit.records.generation import Failure

T_co = TypeVar("T_co", covariant=True)
R_co = TypeVar("R_co", covariant=True)

OutcomeStatus = Literal["done", "failed", "skipped", "busy", "interrupted", "not_started"]
"""`skipped`: was done before. `busy`: somebody else is at it. `not_started`: the sweep ended first."""


@dataclass(frozen=True)
class Unit(Generic[T_co]):
    """One item of a sweep."""

    key: str
    """Readable name, unique in the sweep."""
    group: str
    """What shares a concurrency limit, such as the model."""
    payload: T_co
    """What the work is done on; picklable."""
    cost: float = 0.0
    """Forecast, in US dollars."""


@dataclass(frozen=True)
class Ending:
    """How an item ended, as read from the value its work returned."""

    status: OutcomeStatus
    """`done` unless the value says otherwise."""
    failure: Failure | None = None
    """What went wrong; None when nothing did."""
    cost: float | None = None
    """US dollars; None where unknown, and then the forecast counts."""


@dataclass(frozen=True)
class Outcome(Generic[R_co]):
    """How one unit ended; a sweep gives exactly one for each unit."""

    key: str
    """The unit's name."""
    group: str
    """The unit's concurrency group."""
    status: OutcomeStatus
    """How it ended."""
    value: R_co | None = None
    """What the work returned; None when it did not come that far."""
    failure: Failure | None = None
    """What went wrong; None when nothing did."""
    seconds: float = 0.0
    """Time the work took."""
    cost: float = 0.0
    """US dollars: the actual cost where it is known, else the forecast; 0 for what was not started."""
