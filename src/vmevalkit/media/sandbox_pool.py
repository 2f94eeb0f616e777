"""The child processes that decode for this one: started when needed, kept for the next file, killed when they hang."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from threading import BoundedSemaphore, Lock, Timer
from time import monotonic
from typing import IO, cast

import numpy as np

from vmevalkit.errors import WorkerCrashedError
from vmevalkit.media.pixels import Pixels
from vmevalkit.media.sandbox_messages import ByteStream, Question, Reply, receive, receive_bytes, send

if sys.platform == "linux":
    import fcntl

_START_SECONDS = 60.0
_PIPE_BYTES = 2**20  # as much as anybody may have
_MOST_WORKERS = max(2, os.cpu_count() or 1)  # one file that hangs must not hold up all others
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")  # some machines find no libraries without them


class LostError(Exception):
    """The child ended, or was ended, before it had answered; the text says how."""


class Worker:
    """A child process and the pipes to it."""

    def __init__(self, memory_mb: int) -> None:
        """Starts the child and waits until it is ready; raises WorkerCrashedError when it does not get there."""
        self.memory_mb = memory_mb
        self.expired = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "vmevalkit.media.sandbox_worker", str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            bufsize=0,  # nothing is held back that a fork could send twice
        )
        self._to, self._from = cast("ByteStream", self._process.stdin), cast("ByteStream", self._process.stdout)
        _widen(self._process.stdout)
        try:
            with self._watched(_START_SECONDS):
                receive(self._from, Reply)
        except LostError as error:
            raise WorkerCrashedError(
                f"The process that decodes videos did not start: {error}",
                expected="that `python -m vmevalkit.media.sandbox_worker 1024` starts and waits",
            ) from error

    def ask(self, question: Question) -> tuple[Reply, Pixels | None]:
        """The child's reply and the frames that follow it; raises LostError, after which the worker is of no use."""
        with self._watched(question.timeout_seconds):
            send(self._to, question)
            return self._receive()

    def stream(self, question: Question) -> Iterator[tuple[Reply, Pixels | None]]:
        """The child's replies as they come, each with its frame; the last one has none.

        Raises LostError, also when waiting for the child took longer than it may in all. A worker whose stream is not
        read to its end is of no use.
        """
        left = question.timeout_seconds
        with self._watched(left):
            send(self._to, question)
        pixels: Pixels | None
        while True:
            started = monotonic()
            with self._watched(left):
                reply, pixels = self._receive()
            left -= monotonic() - started
            yield reply, pixels
            if pixels is None:
                return

    def _receive(self) -> tuple[Reply, Pixels | None]:
        """The next reply and what follows it; raises ValueError for what is no reply."""
        reply = receive(self._from, Reply)
        if reply.shape is None:
            return reply, None
        if min(reply.shape) < 1 or math.prod(reply.shape) > self.memory_mb * 2**20:
            raise ValueError(f"frames of the shape {reply.shape}")
        frames = np.empty(reply.shape, np.uint8)
        receive_bytes(self._from, frames.data.cast("B"))
        return reply, frames

    def is_alive(self) -> bool:
        """True when the child can be asked."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the pipes on this side and leave the child to the process that started it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process.poll()

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """Ends the child, and with it any wait for it, after some seconds or when the exchange does not complete."""
        timer = Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        complete = False
        try:
            yield
            complete = True
        except (EOFError, OSError, ValueError) as error:
            raise LostError(self._describe_end(error)) from error
        finally:
            timer.cancel()
            timer.join()
            if self.expired or not complete:
                self.close()

    def _expire(self) -> None:
        self.expired = True
        self._process.kill()

    def _describe_end(self, error: Exception) -> str:
        if isinstance(error, ValueError):
            return "it sent what is no answer"
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=1)
            return f"signal {-code}" if code < 0 else f"exit code {code}"
        return "it hung up"


class WorkerPool:
    """Workers that wait for work, about as many as there are cores; each serves one caller at a time."""

    def __init__(self) -> None:
        self._lock, self._slots = Lock(), BoundedSemaphore(_MOST_WORKERS)
        self._all: set[Worker] = set()
        self._idle: list[Worker] = []
        self._starting = 0

    @contextmanager
    def lend(self, memory_mb: int, *, at_once: bool = False) -> Iterator[Worker]:
        """A worker with that memory limit, in MiB, once one is free; it goes back when it is still alive.

        `at_once` waits for none to be free: whoever holds one for long, and then needs another, must not wait for
        itself.
        """
        with nullcontext() if at_once else self._slots:
            worker = self._take(memory_mb)
            try:
                yield worker
            finally:
                self._give_back(worker)

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            for worker in self._all:
                worker.close()
            self._forget()

    def leave(self) -> None:
        """Let go of all workers without ending them: after a fork they belong to the other process."""
        self._lock, self._slots = Lock(), BoundedSemaphore(_MOST_WORKERS)
        self._starting = 0
        for worker in self._all:
            worker.hang_up()
        self._forget()

    def _forget(self) -> None:
        self._all.clear()
        self._idle.clear()

    def _take(self, memory_mb: int) -> Worker:
        with self._lock:
            for worker in [idle for idle in self._idle if not idle.is_alive()]:
                self._idle.remove(worker)
                self._drop(worker)
            for worker in self._idle:
                if worker.memory_mb == memory_mb:
                    self._idle.remove(worker)
                    return worker
            self._starting += 1
            while self._idle and len(self._all) + self._starting > _MOST_WORKERS:
                self._drop(self._idle.pop(0))
        return self._start(memory_mb)

    def _start(self, memory_mb: int) -> Worker:
        worker: Worker | None = None
        try:
            worker = Worker(memory_mb)
        finally:
            with self._lock:
                self._starting -= 1
                if worker is not None:
                    self._all.add(worker)
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if worker.is_alive() and worker in self._all and len(self._all) <= _MOST_WORKERS:
                self._idle.append(worker)
            else:
                self._drop(worker)

    def _drop(self, worker: Worker) -> None:
        worker.close()
        self._all.discard(worker)


def _widen(pipe: IO[bytes] | None) -> None:
    """Let more of a frame lie in the pipe, where the system can: fewer turns to be taken for each."""
    if sys.platform == "linux" and pipe is not None:
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _environment() -> dict[str, str]:
    """What the child needs to find the same packages as this process, and nothing of its secrets."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONSAFEPATH": "1",
        "OPENBLAS_NUM_THREADS": "1",  # its buffers would count against the memory limit
        "MALLOC_ARENA_MAX": "2",
        **passed_on,
    }
