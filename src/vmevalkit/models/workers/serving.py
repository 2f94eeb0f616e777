"""Answering what a worker is asked, whatever happens on the way."""

from __future__ import annotations

import gc
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import distributions
from typing import Any, Protocol

from vmevalkit.models.workers.channel import Channel
from vmevalkit.models.workers.messages import PROTOCOL, LoadOrder, Made, RefusalError, VideoRequest

Tell = Callable[[int, int], None]
"""Told how many steps of how many are done."""

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
_BROKEN = ("CUDA error", "CUBLAS_STATUS", "CUDNN_STATUS", "NCCL error")
_LONGEST_MESSAGE, _LONGEST_TRACEBACK = 4_000, 50_000


class Worker(Protocol):
    """The part of a worker that knows one family of models."""

    def prepare(self) -> dict[str, Any]:
        """Import what takes long; comes back with facts about this machine, such as the name of its GPU."""

    def load(self, order: LoadOrder) -> dict[str, Any]:
        """Load the weights; comes back with facts worth keeping."""

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """Write the frames; raises RefusalError for what the model does not take."""


def serve(channel: Channel, worker: Worker) -> None:
    """Say hello, then answer every request until there are no more."""
    try:
        facts = worker.prepare()
    except Exception as error:  # noqa: BLE001 (the border of the worker: it tells, and ends)
        channel.send("error", **_described(error))
        return
    channel.send(
        "hello",
        protocol=PROTOCOL,
        pid=os.getpid(),
        python=platform.python_version(),
        packages={each.metadata["Name"]: each.version for each in distributions()},
        **facts,
    )
    for request in channel.requests():
        try:
            _answer(channel, worker, request)
        except Exception as error:  # noqa: BLE001 (the border of the worker)
            channel.send("error", id=request["id"], **_described(error))
            del error
            gc.collect()


def _answer(channel: Channel, worker: Worker, request: dict[str, Any]) -> None:
    number, content = request["id"], request["content"]
    started = time.monotonic()
    if request["type"] == "load":
        facts = worker.load(LoadOrder(**content))
        channel.send("loaded", id=number, seconds=time.monotonic() - started, **facts)
    elif request["type"] == "generate":
        made = worker.generate(
            VideoRequest(**content), lambda step, of: channel.send("progress", id=number, step=step, of=of)
        )
        channel.send("result", id=number, **asdict(made))
    else:
        raise ValueError(f"no request is called {request['type']!r}")


def _described(error: Exception) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": _kind(error),
        "message": f"{type(error).__name__}: {error}"[:_LONGEST_MESSAGE],
        "traceback": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-_LONGEST_TRACEBACK:],
    }
    if isinstance(error, RefusalError):
        facts |= {"message": error.given, "expected": error.expected, "field": error.field}
    return facts


def _kind(error: Exception) -> str:
    """`refused`, `out_of_memory`, `broken` where the GPU takes nothing more from this process, or `failed`."""
    if isinstance(error, RefusalError):
        return "refused"
    torch = sys.modules.get("torch")
    if isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.OutOfMemoryError)):
        return "out_of_memory"
    if not isinstance(error, RuntimeError):
        return "failed"
    if any(words in str(error).lower() for words in _OUT_OF_MEMORY):
        return "out_of_memory"
    return "broken" if any(words in str(error) for words in _BROKEN) else "failed"
