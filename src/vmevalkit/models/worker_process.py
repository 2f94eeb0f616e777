"""This side of a worker: a process in a model's own environment that loads once and generates as often as asked."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import IO, Any

from vmevalkit.errors import (
    InsufficientMemoryError,
    InvalidRequestError,
    ModelFailedError,
    TimedOutError,
    VmevalkitError,
    WorkerCrashedError,
)
from vmevalkit.models.devices import Device
from vmevalkit.models.workers import main as worker_script
from vmevalkit.models.workers.messages import PROTOCOL, LoadOrder, Made, VideoRequest
from vmevalkit.records.recipe import TimeLimits
from vmevalkit.settings import passed_on

logger = logging.getLogger(__name__)

OnStep = Callable[[int, int], None]
"""Told how many steps of how many are done; 0 of 0 while the model is being loaded."""

_PASSED_ON = ("PATH", "HOME", "USER", "LANG", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "LOCALAPPDATA", "LD_LIBRARY_PATH")
_PASSED_ON_FAMILIES = ("CUDA_", "NVIDIA_", "NCCL_", "OMP_", "MKL_", "PYTORCH_", "TORCH_", "TRITON_", "LC_", "XDG_")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONUNBUFFERED": "1",
}
_FAREWELL_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_TOO_LATE = b""
_MAKING = "make a video"
_LAST_LINES = 15
_LONGEST_LINE = 1 << 20


class WorkerProcess:
    """A worker that has said hello. Not safe to use from two threads at once, but for `kill`."""

    def __init__(
        self,
        interpreter: Path,
        worker: str,
        devices: Sequence[Device],
        limits: TimeLimits,
        on_spawn: Callable[[WorkerProcess], None] | None = None,
    ) -> None:
        """Start it and wait for its hello; raises WorkerCrashedError, TimedOutError and ModelFailedError.

        `on_spawn` gets it as soon as there is a process, so that it can be killed while it is waited for.
        """
        self.devices, self.limits = tuple(devices), limits
        self._log: IO[bytes] = tempfile.TemporaryFile(prefix="vmevalkit-worker-")  # noqa: SIM115 (closed with it)
        self._process = subprocess.Popen(
            [str(interpreter), "-I", str(worker_script.__file__), worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=_environment(self.devices),
            start_new_session=True,
        )
        self._replies: SimpleQueue[bytes | None] = SimpleQueue()
        self._number = 0
        self._ending = threading.Lock()
        threading.Thread(target=self._listen, daemon=True, name="worker-replies").start()
        try:
            if on_spawn is not None:
                on_spawn(self)
            self.hello = self._until("hello", limits.start, "start")
            if self.hello.get("protocol") != PROTOCOL:
                raise self._ended(f"speaks version {self.hello.get('protocol')} of the protocol, not {PROTOCOL}")
        except BaseException:
            self.kill()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    def load(self, order: LoadOrder) -> dict[str, Any]:
        """What it tells of the weights that it has loaded; raises like `generate`."""
        self._ask("load", asdict(order))
        return self._until("loaded", self.limits.load, "load its weights")

    def generate(self, request: VideoRequest, on_step: OnStep | None = None) -> Made:
        """What it made.

        Raises InvalidRequestError for what the model does not take, InsufficientMemoryError, ModelFailedError for what
        its code raises, TimedOutError and WorkerCrashedError. After the last two, and when memory ran out, it is gone.
        """
        self._ask("generate", asdict(request))
        reply = self._until("result", self.limits.generate, _MAKING, on_step)
        return Made(**{name: reply[name] for name in Made.__dataclass_fields__})

    def close(self) -> None:
        """Let it end by itself, for a while."""
        try:
            self._ask("shutdown", {})
            self._process.wait(_FAREWELL_SECONDS)
        except (VmevalkitError, subprocess.TimeoutExpired):
            pass
        self.kill()

    def kill(self) -> None:
        """End it, and what it started, at once."""
        with self._ending:
            _kill_group(self._process)
            with suppress(subprocess.TimeoutExpired):  # one that a driver holds cannot be waited for
                self._process.wait(_FAREWELL_SECONDS)
            for pipe in (self._process.stdin, self._log):  # what it still says is read to its end
                if pipe is not None:
                    _close(pipe)

    def _ask(self, kind: str, content: dict[str, Any]) -> None:
        self._number += 1
        line = json.dumps({"type": kind, "id": self._number, "content": content}).encode() + b"\n"
        try:
            self._pipe.write(line)
            self._pipe.flush()
        except (OSError, ValueError) as error:
            raise self._ended("was gone before it could be asked") from error

    @property
    def _pipe(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise ValueError("no pipe")
        return self._process.stdin

    def _until(self, wanted: str, seconds: float, doing: str, on_step: OnStep | None = None) -> dict[str, Any]:
        """The reply of that type, within so many seconds."""
        end = monotonic() + seconds
        try:
            while True:
                reply = self._next(end - monotonic(), seconds, doing)
                kind = reply.get("type")
                if kind == wanted:
                    return reply
                if kind == "error":
                    raise self._error(reply, doing)
                if kind != "progress":
                    raise self._ended(f"answered with {kind!r}, which is no reply")
                if on_step is not None:
                    on_step(int(reply["step"]), int(reply["of"]))
        except BaseException as error:
            if not isinstance(error, ModelFailedError | InvalidRequestError):  # Ctrl-C too: it would go on for nobody
                self.kill()
            raise

    def _next(self, left: float, limit: float, doing: str) -> dict[str, Any]:
        line = self._line_within(left)
        if line is _TOO_LATE:
            self.kill()
            raise TimedOutError(
                f"The worker took more than {limit:g} s to {doing}",
                expected="that it gets there in time",
                next_step="Raise VMEVALKIT_TIME_LIMIT_FACTOR, or ask for fewer frames, steps or pixels",
                retry="never",
            )
        if line is None:
            raise self._ended(f"{self._exit_in_words()} while it was to {doing}")
        try:
            reply = json.loads(line)
        except ValueError:
            reply = None
        if not isinstance(reply, dict):
            raise self._ended(f"sent what is no message: {line[:80]!r}")
        return reply

    def _line_within(self, seconds: float) -> bytes | None:
        """The next line; None where the worker is gone, also when a child of its keeps the line open."""
        end = monotonic() + seconds
        while True:
            try:
                return self._replies.get(timeout=max(0.0, min(_LOOK_SECONDS, end - monotonic())))
            except Empty:
                if monotonic() >= end:
                    return _TOO_LATE
                if not self.alive and self._replies.empty():
                    return None

    def _error(self, reply: Mapping[str, Any], doing: str) -> VmevalkitError:
        message, kind = str(reply.get("message")), reply.get("kind")
        if kind == "refused":
            field = str(reply.get("field"))
            shorter = "Make it shorter, or cut it with --parameter long_prompt=truncate, which is recorded"
            return InvalidRequestError(
                message,
                expected=str(reply.get("expected")),
                next_step=shorter if field.endswith("prompt") else None,
                field=field,
                value=None,
            )
        trace = str(reply.get("traceback", ""))
        logger.debug("The worker was to %s:\n%s", doing, trace)
        if kind == "out_of_memory":
            less = "Ask for fewer frames or a smaller size, or use" if doing == _MAKING else "Use"
            return InsufficientMemoryError(
                f"Memory ran out while the worker was to {doing}: {message}",
                next_step=f"{less} --parameter offload=model or offload=sequential, or a GPU with more memory; "
                "`nvidia-smi` shows what else is on it",
            )
        error = ModelFailedError(
            f"The model's own code failed while it was to {doing}: {message}",
            next_step="`vmevalkit models show MODEL` lists what is known to go wrong; the traceback is in the record",
            traceback=trace,
        )
        if kind == "broken":  # the GPU takes nothing more from this process
            self.kill()
        return error

    def _ended(self, how: str) -> WorkerCrashedError:
        words = self._last_words()
        self.kill()
        return WorkerCrashedError(
            f"The worker {how}" + (f". Its last words: {words}" if words else ""),
            next_step="If this repeats, `vmevalkit models verify MODEL --deep` checks what is installed; killed by "
            "the system means that this machine has too little memory",
        )

    def _exit_in_words(self) -> str:
        try:
            code = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            return "hung up"
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"

    def _last_words(self) -> str:
        """The last lines of what it printed."""
        try:
            self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, self._log.tell() - (1 << 14)))
            lines = self._log.read().decode("utf-8", "replace").splitlines()
        except (OSError, ValueError):
            return ""
        return " | ".join(line.strip() for line in lines[-_LAST_LINES:] if line.strip())

    def _listen(self) -> None:
        stream = self._process.stdout
        if stream is not None:
            with stream:
                while line := stream.readline(_LONGEST_LINE):
                    self._replies.put(line)
        self._replies.put(None)


def _environment(devices: Sequence[Device]) -> dict[str, str]:
    """What the worker needs of this process's environment, and no secrets; nothing is fetched from a network."""
    gpus = ",".join(device.index for device in devices if device.index is not None)
    placed = {"CUDA_VISIBLE_DEVICES": gpus, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}  # numbered as the driver's tool does
    return {**passed_on(_PASSED_ON, _PASSED_ON_FAMILIES), **_OFFLINE, **placed}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return
    process.kill()


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return
