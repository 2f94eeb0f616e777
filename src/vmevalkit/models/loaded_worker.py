"""A worker that has loaded a model, and the record of what it was loaded from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from packaging.utils import canonicalize_name

from vmevalkit.errors import VmevalkitError
from vmevalkit.hashes import hash_json
from vmevalkit.models.devices import Device
from vmevalkit.models.installed import Installed, find_installed, recipe_of
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Installation, Recipe, TimeLimits
from vmevalkit.settings import get_settings

AUTOMATIC = "auto"
"""Lets the parts of a model take turns where the GPU is too small for all of them."""

_KEPT_ELSEWHERE = {"type", "id", "seconds"}


@dataclass(frozen=True)
class LoadedWorker:
    """A worker that can be asked for videos."""

    process: WorkerProcess
    """The worker."""
    installation: Installation
    """What it was loaded from."""
    facts: JsonObject
    """What it told of the loading: types, which parts take turns."""

    @classmethod
    def start(
        cls,
        model: Model,
        devices: Sequence[Device],
        offload: str = AUTOMATIC,
        on_spawn: Callable[[WorkerProcess], None] | None = None,
    ) -> LoadedWorker:
        """Start a worker and have it load; raises what is missing, and what goes wrong on the way.

        `on_spawn` gets the process as soon as there is one.
        """
        installed, (recipe, _) = find_installed(model), recipe_of(model)
        process = WorkerProcess(installed.interpreter, recipe.worker, devices, _limits(recipe), on_spawn)
        installation = _installation(model, installed, process.hello, devices)
        try:
            told = process.load(_order(recipe, installed, devices, offload))
        except BaseException as error:
            process.kill()
            if isinstance(error, VmevalkitError):
                note_installation(error, installation)
            raise
        facts = {name: to_json_value(value) for name, value in told.items() if name not in _KEPT_ELSEWHERE}
        return cls(process, installation.model_copy(update={"load_seconds": told.get("seconds")}), facts)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.process.alive

    def close(self) -> None:
        """Let it end by itself, for a while."""
        self.process.close()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()


def note_installation(error: VmevalkitError, installation: Installation) -> None:
    """Keep with an error what was running when it happened."""
    vars(error)["installation"] = installation.model_dump(mode="json")


def _limits(recipe: Recipe) -> TimeLimits:
    factor, limits = get_settings().time_limit_factor, recipe.limits
    return TimeLimits(start=limits.start * factor, load=limits.load * factor, generate=limits.generate * factor)


def _order(recipe: Recipe, installed: Installed, devices: Sequence[Device], offload: str) -> LoadOrder:
    gpus = sum(device.is_gpu for device in devices)
    turns = _offload(recipe, devices) if offload == AUTOMATIC else offload
    return LoadOrder(
        weights={part: str(folder.absolute()) for part, (folder, _) in installed.weights.items()},
        device="cuda" if gpus else "cpu",
        gpus=gpus,
        pipeline=recipe.pipeline,
        source=None if installed.source is None else str(installed.source.absolute()),
        offload=turns if gpus else "none",
        options=recipe.options,
    )


def _offload(recipe: Recipe, devices: Sequence[Device]) -> str:
    """`model` where the smallest GPU has less memory than the whole model needs, else `none`."""
    needed = recipe.vram_gigabytes
    sizes = [device.memory_bytes for device in devices if device.memory_bytes is not None]
    return "model" if sizes and needed is not None and min(sizes) < needed * 1e9 else "none"


def _installation(
    model: Model, installed: Installed, hello: Mapping[str, Any], devices: Sequence[Device]
) -> Installation:
    _, environment = recipe_of(model)
    packages = {_normal(str(name)): str(version) for name, version in hello["packages"].items()}
    return Installation(
        environment=environment.name,
        lock_sha256=installed.environment.lock_sha256,
        python_version=str(hello["python"]),
        packages={name: packages[_normal(name)] for name in environment.named if _normal(name) in packages},
        packages_sha256=hash_json({**packages}),
        weights=installed.used_weights,
        untrained=any(manifest.untrained for _, manifest in installed.weights.values()),
        installed_by=installed.environment.installed_by,
        source_commit=installed.source_commit,
        device=_device_names(hello, devices),
        started_at=datetime.now(timezone.utc),
    )


def _device_names(hello: Mapping[str, Any], devices: Sequence[Device]) -> str:
    """What the worker sees, which counts more than what the driver's tool says."""
    seen = [str(each["name"]) for each in hello.get("devices") or ()]
    return ", ".join(seen or [device.name for device in devices])


def _normal(name: str) -> str:
    """The one spelling of a distribution's name."""
    return str(canonicalize_name(name))
