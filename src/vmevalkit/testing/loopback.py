"""Web applications served on loopback, in a thread of this process."""

from __future__ import annotations

import asyncio
import threading

from aiohttp import web


class LoopbackServer:
    """A thread with an event loop in which web applications are served."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback", daemon=True)
        self._thread.start()

    def serve(self, application: web.Application, port: int = 0) -> int:
        """Serve an application on a port of loopback, 0 for any; the port comes back."""
        return asyncio.run_coroutine_threadsafe(self._serve(application, port), self._loop).result()

    def close(self) -> None:
        """End all of it."""
        asyncio.run_coroutine_threadsafe(self._cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _serve(self, application: web.Application, port: int) -> int:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        self._runners.append(runner)
        return int(runner.addresses[0][1])

    async def _cleanup(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # a request that was never to be answered
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
