from __future__ import annotations

import os

import pytest

from vmevalkit.engine.inline import InlineExecutor


def test_call_is_made_here_and_at_once() -> None:
    future = InlineExecutor().submit(eval, "__import__('os').getpid()")
    assert future.done()
    assert future.result() == os.getpid()


def test_what_a_call_raises_is_raised_by_its_future() -> None:
    with pytest.raises(ZeroDivisionError):
        InlineExecutor().submit(eval, "1/0").result()


def test_keyboard_interrupt_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        InlineExecutor().submit(eval, "(_ for _ in ()).throw(KeyboardInterrupt)")
