from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from vmevalkit.errors import (
    DeviceNotFoundError,
    InsufficientMemoryError,
    ModelFailedError,
    VmevalkitError,
    WeightsNotFoundError,
    WorkerCrashedError,
)
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU, Device
from vmevalkit.models.installed import Shelves
from vmevalkit.models.loaded_worker import AUTOMATIC, LoadedWorker
from vmevalkit.models.worker_pool import OnSpawn, WorkerPool, check_devices
from vmevalkit.models.worker_process import WorkerProcess

GPUS = (Device("H200", "0"), Device("H200", "1"))
pytestmark = pytest.mark.usefixtures("standins")


class Starts:
    """Starts workers of the stand-in, and keeps account of them."""

    def __init__(self) -> None:
        self.devices: list[tuple[Device, ...]] = []

    def __call__(self, devices: Sequence[Device], on_spawn: OnSpawn) -> LoadedWorker:
        self.devices.append(tuple(devices))
        return LoadedWorker.start(catalog().get("standin"), devices, AUTOMATIC, on_spawn)


@pytest.fixture
def starts() -> Starts:
    return Starts()


@pytest.fixture
def pool_of() -> Iterator[Callable[..., WorkerPool]]:
    with ExitStack() as stack:

        def made(*devices: Device) -> WorkerPool:
            pool = WorkerPool(devices)
            stack.callback(pool.close)
            return pool

        yield made


def _pid(pool: WorkerPool, starts: Any, key: str = "model", **more: bool) -> int:
    with pool.lend(key, starts, **more) as worker:
        return worker.process.pid


def test_one_load_serves_everybody_who_asks_for_the_same(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(CPU)
    assert len({_pid(pool, starts) for _ in range(3)}) == 1


def test_other_model_takes_the_place_of_an_idle_one(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(CPU)
    with pool.lend("first", starts) as first:
        pass
    with pool.lend("second", starts) as second:
        assert second.alive
        assert not first.alive


def test_worker_that_died_is_replaced(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(CPU)
    with pool.lend("model", starts) as worker:
        worker.kill()
    assert _pid(pool, starts) != worker.process.pid


def test_failed_start_leaves_the_device_free(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    def fail(_: Sequence[Device], __: OnSpawn) -> LoadedWorker:
        raise WorkerCrashedError("no")

    pool = pool_of(CPU)
    with pytest.raises(WorkerCrashedError), pool.lend("model", fail):
        pass
    assert _pid(pool, starts) > 0


@pytest.mark.parametrize(
    ("error", "starts"), [(ModelFailedError, 1), (WorkerCrashedError, 2), (WeightsNotFoundError, 4)]
)
def test_load_that_failed_for_good_is_not_tried_for_every_video(
    pool_of: Callable[..., WorkerPool], error: type[VmevalkitError], starts: int
) -> None:
    pool, tried = pool_of(CPU), []

    def fail(devices: Sequence[Device], _: OnSpawn) -> LoadedWorker:
        tried.append(devices)
        raise error("no")

    for _ in range(4):
        with pytest.raises(error), pool.lend("model", fail):
            pass
    assert len(tried) == starts


def test_each_device_has_a_worker_of_its_own(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(*GPUS)
    with pool.lend("model", starts) as one, pool.lend("model", starts) as other:
        assert one.process.pid != other.process.pid
    assert starts.devices == [GPUS[:1], GPUS[1:]]


def test_model_that_spreads_takes_all_devices(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(*GPUS)
    _pid(pool, starts, "small")
    _pid(pool, starts, "large", spreads=True)
    assert starts.devices == [GPUS[:1], GPUS]


def test_who_finds_no_free_device_waits_for_one(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool, served = pool_of(CPU), SimpleQueue[int]()
    with pool.lend("model", starts) as worker:
        threading.Thread(target=lambda: served.put(_pid(pool, starts))).start()
        with pytest.raises(Empty):
            served.get(timeout=0.2)
    assert served.get(timeout=20) == worker.process.pid


def test_stopped_pool_kills_its_workers_and_lends_no_more(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(CPU)
    with pool.lend("model", starts) as worker:
        pool.stop_all()
        assert not worker.alive
    with pytest.raises(KeyboardInterrupt):
        _pid(pool, starts)
    pool.resume()
    assert _pid(pool, starts) > 0


@pytest.mark.parametrize(("end", "error"), [("stop_all", KeyboardInterrupt), ("close", WorkerCrashedError)])
def test_worker_that_is_still_loading_is_ended_too(
    pool_of: Callable[..., WorkerPool], end: str, error: type[BaseException]
) -> None:
    pool, spawned = pool_of(CPU), list[WorkerProcess]()

    def start(devices: Sequence[Device], on_spawn: OnSpawn) -> LoadedWorker:
        def note(process: WorkerProcess) -> None:
            spawned.append(process)
            on_spawn(process)
            threading.Timer(0.1, getattr(pool, end)).start()

        return LoadedWorker.start(catalog().get("standin-loads-long"), devices, AUTOMATIC, note)

    with pytest.raises(error), pool.lend("model", start):
        pass
    assert not spawned[0].alive


def test_worker_that_died_while_idle_is_not_lent(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(CPU)
    with pool.lend("model", starts) as worker:
        pass
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process._process.wait()
    with pool.lend("model", starts) as another:
        assert another.alive


def test_load_that_failed_on_one_device_is_tried_on_another(pool_of: Callable[..., WorkerPool]) -> None:
    pool, tried = pool_of(*GPUS), list[str | None]()

    def fail(devices: Sequence[Device], _: OnSpawn) -> LoadedWorker:
        tried.append(devices[0].index)
        raise InsufficientMemoryError("full")

    def ask() -> None:
        with pytest.raises(InsufficientMemoryError), pool.lend("model", fail):
            ask() if len(tried) < 2 else None

    ask()
    with pytest.raises(InsufficientMemoryError, match="not tried again: full"), pool.lend("model", fail):
        pass
    assert tried == ["0"]


def test_closed_pool_leaves_no_process(pool_of: Callable[..., WorkerPool], starts: Starts) -> None:
    pool = pool_of(*GPUS)
    with pool.lend("model", starts) as worker:
        pass
    pool.close()
    assert not worker.alive


@pytest.mark.parametrize(
    ("key", "devices"),
    [("standin", None), ("standin", (CPU,)), ("standin-on-gpus", GPUS), ("svd", (CPU,)), ("svd", GPUS)],
)
def test_model_runs_where_it_can(key: str, devices: tuple[Device, ...] | None) -> None:
    model = catalog().get(key)
    assert model.recipe is not None
    check_devices(key, model.recipe, WorkerPool(devices))


@pytest.mark.parametrize(("key", "devices"), [("standin-on-gpus", (CPU,)), ("standin-on-gpus", None), ("svd", None)])
def test_model_made_for_gpus_needs_one_unless_the_cpu_was_asked_for(
    key: str, devices: tuple[Device, ...] | None, standins: Shelves, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    recipe = catalog().get(key).recipe
    assert recipe is not None
    with pytest.raises(DeviceNotFoundError, match=r"needs a GPU with about \d+ GB, and none may be used here.*--gpus"):
        check_devices(key, recipe, WorkerPool(devices))
