"""The workers of a sweep: each model is loaded once for each device, and unloaded by ending its process."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from vmevalkit.errors import DeviceNotFoundError, SetupError, VmevalkitError
from vmevalkit.models.devices import CPU, Device, choose_devices, find_gpus
from vmevalkit.models.loaded_worker import LoadedWorker
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.records.recipe import Recipe

_MOST_STARTS = 2
"""How often a worker may die while it loads."""

OnSpawn = Callable[[WorkerProcess], None]
"""Told of a worker's process as soon as there is one."""
Start = Callable[[Sequence[Device], OnSpawn], LoadedWorker]
"""Starts a worker on these devices and loads its model."""


@dataclass(eq=False)
class _Seat:
    """A worker and the devices it has."""

    key: Hashable
    devices: tuple[Device, ...]
    evicted: list[LoadedWorker] = field(default_factory=list)
    process: WorkerProcess | None = None
    worker: LoadedWorker | None = None
    busy: bool = True


class WorkerPool:
    """Lends workers, one to a caller; safe to use from several threads."""

    def __init__(self, devices: Sequence[Device] | None = None) -> None:
        """Use these devices; without, the first GPU, or the CPU where there is none, looked for when first needed."""
        self.chosen = devices is not None
        self._devices = () if devices is None else tuple(devices)
        self._seats: list[_Seat] = []  # the longest unused first
        self._changed = threading.Condition()
        self._stopped = False
        self._failed_starts: Counter[Hashable] = Counter()
        self._hopeless: dict[Hashable, VmevalkitError] = {}

    @property
    def devices(self) -> tuple[Device, ...]:
        """What the workers run on."""
        if not self._devices:
            self._devices = choose_devices(None, find_gpus())
        return self._devices

    @contextmanager
    def lend(self, key: Hashable, start: Start, *, spreads: bool = False) -> Iterator[LoadedWorker]:
        """A worker that has loaded what `key` stands for, once a device is free: a warm one, else a new one.

        The idle worker of another key that was unused for longest makes room. `spreads` takes all devices. What could
        not be loaded on a device, or not in two tries where the worker died, is not tried there again. Raises
        KeyboardInterrupt in place of an error once the pool is stopped.
        """
        seat = self._take(key, spreads=spreads)
        try:
            if seat.worker is None:
                for worker in seat.evicted:
                    worker.close()
                seat.worker = self._started(seat, start)
            yield seat.worker
        except VmevalkitError as error:
            if self._stopped:
                raise KeyboardInterrupt from error
            raise
        finally:
            self._give_back(seat)

    def close(self) -> None:
        """End the idle workers in good order; those at work, or still loading, are killed."""
        with self._changed:
            seats, self._seats = self._seats, []
            self._changed.notify_all()
        for seat in seats:
            if seat.busy and seat.process is not None:
                seat.process.kill()
            elif seat.worker is not None:
                seat.worker.close()

    def wind_down(self) -> None:
        """Changes nothing: what is under way has begun."""

    def stop_all(self) -> None:
        """Kill all workers, also those that are loading; whoever waits for one gets KeyboardInterrupt."""
        with self._changed:
            self._stopped = True
            processes = [seat.process for seat in self._seats if seat.process is not None]
            self._changed.notify_all()
        for process in processes:
            process.kill()

    def resume(self) -> None:
        """Lend again."""
        self._stopped = False

    def _started(self, seat: _Seat, start: Start) -> LoadedWorker:
        """A new worker; where it would fail as it did before, that error at once: loading may take many minutes."""
        what = (seat.key, seat.devices)
        if what in self._hopeless:
            raise _not_tried_again(self._hopeless[what])

        def spawned(process: WorkerProcess) -> None:
            with self._changed:
                seat.process = process
                is_wanted = seat in self._seats and not self._stopped
            if not is_wanted:
                process.kill()

        try:
            worker = start(seat.devices, spawned)
        except SetupError:  # quick to find out, and to mend
            raise
        except VmevalkitError as error:
            self._failed_starts[what] += 1
            if error.retry == "never" or self._failed_starts[what] >= _MOST_STARTS:
                self._hopeless[what] = error
            raise
        self._failed_starts.pop(what, None)
        return worker

    def _take(self, key: Hashable, *, spreads: bool) -> _Seat:
        wanted = len(self.devices) if spreads else 1
        with self._changed:
            while True:
                if self._stopped:
                    raise KeyboardInterrupt
                if (seat := self._found(key, wanted)) is not None:
                    return seat
                self._changed.wait()

    def _found(self, key: Hashable, wanted: int) -> _Seat | None:
        """A seat for the caller; None where all that could serve are busy."""
        self._forget_the_dead()
        for seat in self._seats:
            if seat.key == key and not seat.busy and len(seat.devices) == wanted:
                seat.busy = True
                return seat
        idle = [seat for seat in self._seats if not seat.busy]
        if len(self._free()) + sum(len(seat.devices) for seat in idle) < wanted:
            return None
        evicted = list[LoadedWorker]()
        while len(free := self._free()) < wanted:
            leaving = idle.pop(0)
            self._seats.remove(leaving)
            evicted += [leaving.worker] if leaving.worker is not None else []
        self._seats.append(_Seat(key, tuple(free[:wanted]), evicted))
        return self._seats[-1]

    def _forget_the_dead(self) -> None:
        for seat in [each for each in self._seats if not each.busy and each.worker and not each.worker.alive]:
            self._seats.remove(seat)
            if seat.process is not None:
                seat.process.kill()  # its pipes are still open here

    def _free(self) -> list[Device]:
        taken = {device for seat in self._seats for device in seat.devices}
        return [device for device in self.devices if device not in taken]

    def _give_back(self, seat: _Seat) -> None:
        with self._changed:
            seat.busy = False
            if is_ours := seat in self._seats:
                self._seats.remove(seat)
                if seat.worker is not None and seat.worker.alive:
                    self._seats.append(seat)
            self._changed.notify_all()
        if not is_ours and seat.process is not None:  # the pool was closed meanwhile
            seat.process.kill()


def _not_tried_again(error: VmevalkitError) -> VmevalkitError:
    facts = {name: value for name, value in vars(error).items() if name not in {"given", "retry"}}
    given = f"Loading failed before, and is not tried again: {error.given}"
    return type(error)(given, **facts).given_up()


def check_devices(name: str, recipe: Recipe, pool: WorkerPool) -> None:
    """Nothing when the model can run on the pool's devices; raises DeviceNotFoundError otherwise.

    A model that is made for GPUs runs on a CPU only where the CPU was asked for.
    """
    found = sum(device.is_gpu for device in pool.devices)
    if found >= recipe.gpus or (pool.devices == (CPU,) and pool.chosen and not recipe.cuda_only):
        return
    memory = f" with about {recipe.vram_gigabytes:g} GB" if recipe.vram_gigabytes else ""
    slowly = "" if recipe.cuda_only else "; `--gpus cpu` runs it without one, very slowly"
    raise DeviceNotFoundError(
        f"{name} needs {'a GPU' if recipe.gpus == 1 else f'{recipe.gpus} GPUs'}{memory}, and {found or 'none'} may be "
        "used here",
        expected="a machine with an NVIDIA GPU and its driver",
        next_step=f"`--gpus 0,1` names the GPUs to use, CUDA_VISIBLE_DEVICES may hide some{slowly}",
    )
