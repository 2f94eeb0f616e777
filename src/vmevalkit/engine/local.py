"""The executor for one machine: a process for each slot."""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from typing import TypeVar

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.worker import Worker
from vmevalkit.errors import WorkerCrashedError

A = TypeVar("A")
B = TypeVar("B")


class LocalExecutor:
    """Carries out calls in worker processes, started when first needed and kept for the next call.

    A worker that dies takes only its own call with it, and another takes its place. `initializer`, picklable, is
    called once in each worker. Workers ignore Ctrl-C.
    """

    in_process = False
    shares_memory = False

    def __init__(self, slots: int, initializer: Callable[[], None] | None = None) -> None:
        self.slots = slots
        self._initializer = initializer
        # One thread waits on each worker. SIGINT is blocked there, so that a worker being born starts with it blocked.
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="engine", initializer=_block_interrupts)
        self._workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._killed = False
        atexit.register(self.close)

    def submit(self, function: Callable[[A], B], argument: A) -> Future[B]:
        """A future of `function(argument)`, both picklable, or of WorkerCrashedError when the process died of it."""
        return self._threads.submit(self._call, function, argument)

    def wind_down(self) -> None:
        """Changes nothing: what is under way has begun."""

    def close(self, *, kill: bool = False) -> None:
        """Ends the workers: once they have finished what was submitted, or with `kill` at once."""
        atexit.unregister(self.close)
        if kill:
            self._kill()
        self._threads.shutdown(wait=True)
        for worker in self._workers:
            worker.hang_up()
        for worker in self._workers:
            worker.see_off()
        self._workers.clear()
        self._idle.clear()

    def _kill(self) -> None:
        with self._lock:
            self._killed = True
            workers = tuple(self._workers)
        for worker in workers:
            worker.kill()

    def _call(self, function: Callable[[A], B], argument: A) -> B:
        worker = self._rested() or self._hired()
        try:
            result: B = worker.call(function, argument)
        finally:
            self._give_back(worker)
        return result

    def _rested(self) -> Worker | None:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                self._workers.discard(worker)
        return None

    def _hired(self) -> Worker:
        with self._lock:
            if self._killed:
                raise WorkerCrashedError("The workers were stopped before this item began", retry="never")
            worker = Worker(self._initializer)
            self._workers.add(worker)
        try:
            worker.greet()
        except BaseException:
            worker.kill()
            self._give_back(worker)
            raise
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if worker.alive:
                self._idle.append(worker)
            else:
                self._workers.discard(worker)


def _block_interrupts() -> None:
    if sys.platform != "win32":
        resource_tracker.ensure_running()  # its start, which comes with the first process, unblocks SIGINT
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def executor_for(workers: int, initializer: Callable[[], None] | None = None) -> Executor:
    """Works in this process for one worker, else in so many processes, `initializer` being called once in each."""
    return InlineExecutor() if workers == 1 else LocalExecutor(workers, initializer)
