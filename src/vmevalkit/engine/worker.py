"""The parent's handle on one worker process.

Parent and worker share one pipe and nothing else. When either dies, the other reads the end of the file, even in the
middle of a message; so no lock can stay held and no half-sent answer is waited for.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from vmevalkit.engine.serving import Answer, serve, unpacked
from vmevalkit.errors import WorkerCrashedError

_FAREWELL_SECONDS = 5.0
"""How long a worker may take to exit before it is killed."""
_LOOK_SECONDS = 1.0
"""How often a busy worker is looked at: a process it forked may hold the pipe open after it died."""


class Worker:
    """A worker process that carries out one call at a time."""

    def __init__(self, initializer: Callable[[], None] | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, initializer), name="vmevalkit-worker")
        self._process.start()
        theirs.close()
        self._ended = False
        self._ending = threading.Lock()

    @property
    def alive(self) -> bool:
        """True while the process can take a call."""
        return not self._ended and self._process.is_alive()

    def greet(self) -> None:
        """Waits until the worker is ready; raises what its initializer raised, or WorkerCrashedError."""
        try:
            reply = self._receive()
        except OSError as error:
            raise WorkerCrashedError(
                f"A worker process could not start: it {self._last_words()}",
                next_step="Its own message is above. A script that starts a sweep must do so under "
                '`if __name__ == "__main__":`',
                retry="never",
            ) from error
        _result(reply)

    def call(self, function: Callable[[Any], Any], argument: object) -> Any:
        """What `function(argument)` returned or raised; WorkerCrashedError when the process died of it."""
        request = pickle.dumps((function, argument))
        try:
            self._connection.send_bytes(request)
            reply = self._receive()
        except OSError as error:
            raise WorkerCrashedError(
                f"The worker process {self._last_words()} in the middle of its item",
                next_step="If this repeats, the item may need more memory than there is: use fewer workers",
            ) from error
        return _result(reply)

    def hang_up(self) -> None:
        """Tells the idle process that it is needed no more."""
        self._connection.close()

    def see_off(self) -> None:
        """Waits for the process to end after `hang_up`; kills it when it does not."""
        self._process.join(_FAREWELL_SECONDS)
        if self.alive:
            self.kill()

    def kill(self) -> None:
        """Ends the process, and those it started, at once."""
        with self._ending:
            if not self._ended:
                self._ended = True
                _kill_group(self._process.pid)
                self._process.kill()
                self._process.join(_FAREWELL_SECONDS)

    def _receive(self) -> bytes:
        try:
            while not self._connection.poll(_LOOK_SECONDS):
                if not self.alive:
                    raise EOFError
            return self._connection.recv_bytes()
        except EOFError as error:
            raise BrokenPipeError("the worker is gone") from error

    def _last_words(self) -> str:
        self._process.join(_LOOK_SECONDS)  # it may be on its way out, with an exit code of its own
        self.kill()
        code = self._process.exitcode
        return f"was killed by {signal.Signals(-code).name}" if code and code < 0 else f"exited with code {code}"


def _result(reply: bytes) -> Any:
    answer: Answer = unpacked(reply)
    if answer.error is not None:
        raise answer.error
    return answer.value


def _kill_group(leader: int | None) -> None:
    if sys.platform == "win32" or leader is None:
        return
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # it has not led a group yet, or all of the group are gone
