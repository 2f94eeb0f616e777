from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from vmevalkit.errors import (
    InsufficientMemoryError,
    InvalidRequestError,
    ModelFailedError,
    TimedOutError,
    WorkerCrashedError,
)
from vmevalkit.models.devices import CPU, Device
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest
from vmevalkit.records.recipe import TimeLimits

STANDIN = Path(__file__).parents[1] / "standin" / "worker.py"
PYTHON = Path(sys.executable)
Asks = Callable[..., VideoRequest]


@pytest.fixture
def asked(tmp_path: Path) -> Asks:
    Image.new("RGB", (64, 48), (10, 20, 30)).save(tmp_path / "first.png")

    def request(prompt: str = "move", seed: int = 1) -> VideoRequest:
        return VideoRequest(
            str(tmp_path / "first.png"),
            prompt,
            64,
            48,
            5,
            8,
            seed,
            str(tmp_path / "frames.npy"),
            parameters={"steps": 3},
        )

    return request


def _started(limits: TimeLimits | None = None, worker: str = str(STANDIN)) -> WorkerProcess:
    return WorkerProcess(PYTHON, worker, [CPU], limits or TimeLimits(start=30, load=10, generate=10))


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    started = _started()
    started.load(LoadOrder({"model": "."}, "cpu"))
    yield started
    started.kill()


def test_hello_tells_python_packages_and_devices(worker: WorkerProcess) -> None:
    assert worker.hello["packages"]["numpy"] == np.__version__
    assert worker.hello["python"] == ".".join(map(str, sys.version_info[:3]))
    assert worker.hello["devices"] == []


def test_frames_arrive_as_promised_and_every_step_is_told(worker: WorkerProcess, asked: Asks) -> None:
    steps: list[tuple[int, int]] = []
    made = worker.generate(asked(seed=7), lambda step, of: steps.append((step, of)))
    frames = np.load(asked().output_path)
    assert frames.shape == (made.frames, made.height, made.width, 3) == (5, 48, 64, 3)
    assert frames[0, 0, 0].tolist() == [17, 27, 37]
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("prompt", ["print", "read"])
def test_what_libraries_print_and_read_does_not_disturb(worker: WorkerProcess, asked: Asks, prompt: str) -> None:
    assert worker.generate(asked(prompt)).frames == 5
    assert worker.generate(asked()).frames == 5


def test_fault_of_the_model_is_told_with_its_traceback_and_the_worker_stays(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(ModelFailedError, match="the model's own trouble") as caught:
        worker.generate(asked("fail"))
    assert "in obey" in caught.value.traceback
    assert worker.generate(asked()).frames == 5


def test_refused_prompt_names_field_and_limit(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(InvalidRequestError, match=r"300 tokens.*at most 77.*long_prompt=truncate") as caught:
        worker.generate(asked("too long"))
    assert caught.value.field == "prompt"
    assert worker.alive


def test_memory_that_runs_out_is_an_error_of_its_own_and_ends_the_worker(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(InsufficientMemoryError, match=r"fewer frames.*offload=model"):
        worker.generate(asked("out of memory"))
    assert not worker.alive


def test_death_in_the_middle_is_told_with_last_words(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(WorkerCrashedError, match=r"exited with code 3.*last words") as caught:
        worker.generate(asked("die"))
    assert caught.value.retry == "transient"


def test_death_is_noticed_although_a_child_keeps_the_line_open(asked: Asks) -> None:
    worker = _started(TimeLimits(generate=15))
    worker.load(LoadOrder({"model": "."}, "cpu"))
    began = time.monotonic()
    with pytest.raises(WorkerCrashedError, match="exited with code 3"):
        worker.generate(asked("fork"))
    assert time.monotonic() - began < 10


def test_gpu_that_takes_nothing_more_ends_the_worker(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(ModelFailedError, match="device-side assert"):
        worker.generate(asked("CUDA error"))
    assert not worker.alive


def test_endless_message_is_cut(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(ModelFailedError) as caught:
        worker.generate(asked("fail at length"))
    assert len(str(caught.value)) < 5000
    assert worker.alive


def test_memory_that_runs_out_while_loading_is_not_blamed_on_the_frames() -> None:
    with pytest.raises(InsufficientMemoryError, match=r"^(?!.*fewer frames).*offload=model"):
        _started().load(LoadOrder({"model": "."}, "cpu", options={"load": "oom"}))


def test_kill_from_outside_names_the_signal(worker: WorkerProcess, asked: Asks) -> None:
    threading.Timer(0.3, os.kill, (worker.pid, signal.SIGKILL)).start()
    with pytest.raises(WorkerCrashedError, match="killed by SIGKILL"):
        worker.generate(asked("hang"))


def test_garbage_on_the_line_ends_the_worker(worker: WorkerProcess, asked: Asks) -> None:
    with pytest.raises(WorkerCrashedError, match="no message"):
        worker.generate(asked("garbage"))
    assert not worker.alive


def test_loading_has_a_time_limit() -> None:
    worker = _started(TimeLimits(load=0.3))
    with pytest.raises(TimedOutError, match="load its weights"):
        worker.load(LoadOrder({"model": "."}, "cpu", options={"load": "hang"}))
    assert not worker.alive


def test_generating_has_a_time_limit_of_its_own(asked: Asks) -> None:
    worker = _started(TimeLimits(generate=0.3))
    worker.load(LoadOrder({"model": "."}, "cpu"))
    with pytest.raises(TimedOutError, match="make a video"):
        worker.generate(asked("hang"))
    assert not worker.alive


def test_worker_that_cannot_start_says_why() -> None:
    with pytest.raises(WorkerCrashedError, match="no_such_worker"):
        _started(worker="/nowhere/no_such_worker.py")


def test_worker_ends_when_the_one_who_asks_is_gone(worker: WorkerProcess) -> None:
    process = psutil.Process(worker.pid)
    worker._pipe.close()
    assert process.wait(10) is not None


def test_interrupted_wait_ends_the_worker(worker: WorkerProcess, asked: Asks) -> None:
    def interrupt(step: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.generate(asked(), interrupt)
    assert not worker.alive


def test_worker_sees_its_gpus_and_no_secrets(monkeypatch: pytest.MonkeyPatch, asked: Asks) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    worker = WorkerProcess(PYTHON, str(STANDIN), [Device("H200", "3"), Device("H200", "5")], TimeLimits())
    environment = psutil.Process(worker.pid).environ()
    worker.close()
    assert environment["CUDA_VISIBLE_DEVICES"] == "3,5"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert "secret" not in environment.values()
