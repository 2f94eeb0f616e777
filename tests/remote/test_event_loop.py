from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vmevalkit.remote.event_loop import EventLoopThread


async def _answer() -> int:
    await asyncio.sleep(0)
    return 42


async def _fail() -> None:
    raise ValueError("no")


def test_result_and_error_come_back() -> None:
    loop = EventLoopThread()
    assert loop.run(_answer()) == 42
    with pytest.raises(ValueError, match="no"):
        loop.run(_fail())
    loop.close()


def test_loop_starts_again_after_it_was_closed() -> None:
    loop = EventLoopThread()
    loop.run(_answer())
    loop.close()
    assert loop.run(_answer()) == 42
    loop.close()


def test_stopping_interrupts_what_is_under_way_and_what_would_begin() -> None:
    loop, began = EventLoopThread(), threading.Event()

    async def wait() -> None:
        began.set()
        await asyncio.sleep(60)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(loop.run, wait())
        began.wait()
        loop.stop_all()
        assert isinstance(waiting.exception(), KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        loop.run(_answer())
    loop.resume()
    assert loop.run(_answer()) == 42
    loop.close()


def test_nothing_new_begins_once_things_are_wound_down() -> None:
    loop = EventLoopThread()

    async def begin() -> None:
        loop.check_open()

    loop.run(begin())
    loop.wind_down()
    with pytest.raises(KeyboardInterrupt):
        loop.run(begin())
    loop.close()


def test_winding_down_leaves_what_counts_alone() -> None:
    loop, began, go_on = EventLoopThread(), threading.Event(), threading.Event()

    async def leave() -> None:
        with loop.leavable():
            await asyncio.sleep(60)

    async def count() -> int:
        began.set()
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return 42

    with ThreadPoolExecutor(2) as threads:
        leaving, counting = threads.submit(loop.run, leave()), threads.submit(loop.run, count())
        began.wait()
        loop.wind_down()
        assert isinstance(leaving.exception(), KeyboardInterrupt)
        go_on.set()
        assert counting.result() == 42
    loop.close()
