"""The sync face: one thread with an event loop, in which everything said to providers is said."""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

T = TypeVar("T")

_FAREWELL_SECONDS = 2.0
"""How long to wait for what the loop is at, when something is cut off."""


class EventLoopThread:
    """An event loop in a daemon thread of its own, started when first needed."""

    def __init__(self) -> None:
        self._forget()
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Begin as new; after a fork the thread is the other process's."""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[concurrent.futures.Future[Any]] = set()
        self._leavable: set[asyncio.Task[Any]] = set()
        self._stopped = self._winding_down = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises, once it has ended; KeyboardInterrupt when it was cut off."""
        with self._lock:
            if self._stopped:
                coroutine.close()
                raise KeyboardInterrupt("Stopped")
            future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
            self._under_way.add(future)
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            self._let_it_finish()
            raise KeyboardInterrupt("Stopped") from error
        except KeyboardInterrupt:
            future.cancel()
            self._let_it_finish()
            raise
        finally:
            self._under_way.discard(future)

    def sleep(self, seconds: float) -> None:
        """Wait; `stop_all` ends it with KeyboardInterrupt."""
        self.run(asyncio.sleep(seconds))

    def stop_all(self) -> None:
        """Cut off everything under way, and whatever is begun before `resume`, with KeyboardInterrupt."""
        with self._lock:
            self._stopped = True
            under_way = tuple(self._under_way)
        for future in under_way:
            future.cancel()

    def wind_down(self) -> None:
        """Cut off what is `leavable`, now and until `resume`; the rest goes on."""
        with self._lock:
            self._winding_down = True
            loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._leave)

    def resume(self) -> None:
        """Let new things begin again."""
        self._stopped = self._winding_down = False

    def _let_it_finish(self) -> None:
        """Wait until the loop has done what it is at: what it just heard is then written down."""
        done, loop = threading.Event(), self._loop
        if loop is not None:
            loop.call_soon_threadsafe(done.set)
            done.wait(_FAREWELL_SECONDS)

    @contextmanager
    def leavable(self) -> Iterator[None]:
        """Marks a part of a coroutine before which nothing was done that counts: `wind_down` cuts it off there."""
        self.check_open()
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._leavable.add(task)
        try:
            yield
        finally:
            self._leavable.discard(task)

    def check_open(self) -> None:
        """Nothing while new things may begin; raises CancelledError once they may not: the last look before paying."""
        if self._winding_down or self._stopped:
            raise asyncio.CancelledError

    def _leave(self) -> None:
        for task in tuple(self._leavable):
            task.cancel()

    def close(self) -> None:
        """End the thread; it is started again when needed."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_serve, args=(self._loop,), name="vmevalkit-remote", daemon=True).start()
        return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


event_loop = EventLoopThread()
"""The one of this process."""
atexit.register(event_loop.close)
