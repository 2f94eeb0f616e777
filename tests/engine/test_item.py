from __future__ import annotations

import asyncio
import pickle

import pytest

from vmevalkit.engine.item import Call, carry_out
from vmevalkit.engine.unit import Unit


def fail_with(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), asyncio.CancelledError(), MemoryError()])
def test_nothing_passes_the_border(error: BaseException) -> None:
    ended = carry_out(Call(fail_with, error))
    assert ended.failure is not None
    assert (ended.value, ended.failure.type, ended.failure.status) == (None, type(error).__name__, "failed")


def test_keyboard_interrupt_becomes_interrupted() -> None:
    ended = carry_out(Call(fail_with, KeyboardInterrupt()))
    assert ended.failure is not None
    assert (ended.failure.status, ended.failure.message) == ("interrupted", "KeyboardInterrupt")


def test_value_and_time_come_back() -> None:
    ended = carry_out(Call(abs, -3))
    assert (ended.value, ended.failure) == (3, None)
    assert 0 <= ended.seconds < 1


def test_calls_and_units_can_travel() -> None:
    for thing in (Call(abs, -3), Unit("a", "g", {"frame": b"png"}, 0.5)):
        assert pickle.loads(pickle.dumps(thing)) == thing
