"""One item carried out: the border at which whatever goes wrong becomes data."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Generic, TypeVar

from vmevalkit.records.generation import Failure
from vmevalkit.retry import failure_of

T = TypeVar("T")
R = TypeVar("R")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call(Generic[T, R]):
    """A piece of work and what it is done on; picklable when both are."""

    perform: Callable[[T], R]
    """Module-level function, or a partial of one."""
    payload: T
    """Its argument."""


@dataclass(frozen=True)
class Ended(Generic[R]):
    """What came of a call."""

    value: R | None
    """What it returned; None when it failed."""
    failure: Failure | None
    """What it raised; None when it returned."""
    seconds: float
    """How long it took."""


def carry_out(call: Call[T, R]) -> Ended[R]:
    """What came of `call`; raises nothing, so that one item never ends the sweep or the worker it runs in."""
    started = perf_counter()
    try:
        value = call.perform(call.payload)
    except BaseException as error:  # the border around an item; KeyboardInterrupt becomes "interrupted"
        logger.debug("An item failed", exc_info=not isinstance(error, KeyboardInterrupt))
        return Ended(None, failure_of(error), perf_counter() - started)
    return Ended(value, None, perf_counter() - started)
