from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import pytest

from vmevalkit.engine.flight import Flight
from vmevalkit.engine.unit import Unit
from vmevalkit.errors import WorkerCrashedError

A = TypeVar("A")
B = TypeVar("B")


class IdleExecutor:
    """Takes calls and never makes them, as a cluster whose machines are gone; keeps a way to end each."""

    in_process = False
    shares_memory = False
    slots = 2

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        future: Future[B] = Future()
        self.futures.append(future)
        return future

    def wind_down(self) -> None:
        return

    def close(self, *, kill: bool = False) -> None:
        """Leaves the futures as they are."""


@pytest.fixture
def executor() -> IdleExecutor:
    return IdleExecutor()


@pytest.fixture
def flight(executor: IdleExecutor) -> Flight[int, int]:
    flight: Flight[int, int] = Flight(abs, executor, crash_attempts=2)
    flight.start(Unit("a", "g", 1))
    return flight


def landed_status(flight: Flight[int, int]) -> str | None:
    landing = flight.land()
    assert landing is not None
    return None if landing.ended.failure is None else landing.ended.failure.status


def test_room_is_what_the_executor_has(flight: Flight[int, int]) -> None:
    assert (len(flight), flight.has_room) == (1, True)
    flight.start(Unit("b", "g", 1))
    assert flight.has_room is False


def test_killed_units_land_even_where_their_futures_never_end(flight: Flight[int, int]) -> None:
    flight.kill()
    assert landed_status(flight) == "interrupted"
    assert len(flight) == 0


def test_unit_whose_future_was_cancelled_is_interrupted(flight: Flight[int, int], executor: IdleExecutor) -> None:
    executor.futures[0].cancel()
    executor.futures[0].set_running_or_notify_cancel()
    assert landed_status(flight) == "interrupted"


def test_crash_that_cannot_be_helped_is_not_tried_again(flight: Flight[int, int], executor: IdleExecutor) -> None:
    executor.futures[0].set_exception(WorkerCrashedError("It cannot start", retry="never"))
    assert landed_status(flight) == "failed"


def test_crash_is_tried_again_until_the_attempts_are_used(flight: Flight[int, int], executor: IdleExecutor) -> None:
    executor.futures[0].set_exception(WorkerCrashedError("It died"))
    assert flight.land() is None
    assert len(executor.futures) == 2
    executor.futures[1].set_exception(WorkerCrashedError("It died"))
    assert landed_status(flight) == "failed"
