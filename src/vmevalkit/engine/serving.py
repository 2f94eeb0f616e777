"""What runs inside a worker process: take a call from the pipe, carry it out, send back how it ended."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a call returned, or the error it raised."""

    value: Any = None
    error: BaseException | None = None


def serve(connection: Connection[Any, Any], initializer: Callable[[], None] | None) -> None:
    """Answers the calls that come through `connection` until the other side closes it; the first answer is hello."""
    _stand_apart()
    try:
        connection.send_bytes(_answer(initializer or _do_nothing))
        while True:
            request = connection.recv_bytes()
            connection.send_bytes(_answer(partial(_carry_out, request)))
    except (EOFError, ConnectionError):
        return  # the parent is gone, or needs this worker no more


def _stand_apart() -> None:
    """Ctrl-C is the parent's to handle; a group of its own lets the parent end this process with all it started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        os.setsid()


def _do_nothing() -> None:
    """Stands in for an initializer."""


def unpacked(message: bytes) -> Any:
    """The object that came through the pipe; raises whatever its class raises when it is rebuilt."""
    return pickle.loads(message)  # noqa: S301 (both ends of the pipe are ours)


def _carry_out(request: bytes) -> Any:
    function, argument = unpacked(request)
    return function(argument)


def _answer(call: Callable[[], Any]) -> bytes:
    try:
        return pickle.dumps(Answer(call()))
    except BaseException as error:  # noqa: BLE001 (the border: whatever a call raises is its answer)
        return _error_answer(error)


def _error_answer(error: BaseException) -> bytes:
    """`error` as an answer; as plain text in a RuntimeError when it cannot travel."""
    try:
        answer = pickle.dumps(Answer(error=error))
        unpacked(answer)
    except Exception:  # noqa: BLE001 (an error class of any origin may fail to be pickled in any way)
        return pickle.dumps(Answer(error=RuntimeError(f"{type(error).__name__}: {error}")))
    return answer
