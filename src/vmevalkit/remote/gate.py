"""How many jobs may be in flight at one provider: as many as the catalog says, fewer where it refuses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic

from vmevalkit.remote.event_loop import event_loop


class Gate:
    """Lets jobs through to a provider, as many as it takes.

    The limit is halved when the provider refuses one job too many, and grows by one with every limit-full of jobs that
    it accepted since, up to where it began.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self.ceiling = self.limit = limit
        self.in_flight = 0
        self._accepted_since = 0
        self._closed_until = 0.0
        self._clock = clock
        self._room = asyncio.Condition()

    def resize(self, ceiling: int) -> None:
        """Let so many through from now on, if that is another number than before."""
        if ceiling != self.ceiling:
            self.ceiling = self.limit = ceiling

    @asynccontextmanager
    async def slot(self, *, at_once: bool = False) -> AsyncIterator[None]:
        """Hold one of the slots while the block runs; `at_once` for a job that is in flight already."""
        async with self._room:
            if not at_once:
                with event_loop.leavable():
                    await self._room.wait_for(lambda: self.in_flight < self.limit)
            self.in_flight += 1
        try:
            yield
        finally:
            async with self._room:
                self.in_flight -= 1
                self._room.notify()

    async def wait_until_open(self) -> None:
        """Wait for the end of the pause that the provider asked for."""
        while (wait := self._closed_until - self._clock()) > 0:
            with event_loop.leavable():
                await asyncio.sleep(wait)

    def refused(self, pause_seconds: float) -> None:
        """The provider took no more: come back later, with fewer."""
        if self._clock() >= self._closed_until:  # the others that were on their way are part of the same refusal
            self.limit = max(1, self.limit // 2)
        self._closed_until = max(self._closed_until, self._clock() + pause_seconds)
        self._accepted_since = 0

    async def accepted(self) -> None:
        """The provider took one."""
        self._accepted_since += 1
        if self.limit < self.ceiling and self._accepted_since >= self.limit:
            self._accepted_since = 0
            async with self._room:
                self.limit += 1
                self._room.notify()
