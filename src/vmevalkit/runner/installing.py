"""Installing open models: environment, the vendor's code, weights; each once, however many models share it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from vmevalkit.environments.holding import Note
from vmevalkit.environments.install import ADOPTED, install_environment, remove_environment, verify_environment
from vmevalkit.environments.source import fetch_source, remove_source
from vmevalkit.errors import DiskSpaceError, InstallFailedError, InvalidRequestError
from vmevalkit.models import untrained
from vmevalkit.models.installed import Shelves, find_installed, install_command, recipe_of
from vmevalkit.models.open import OpenService
from vmevalkit.models.worker_pool import WorkerPool, check_devices
from vmevalkit.records.environment import Environment
from vmevalkit.records.model import Model
from vmevalkit.records.weights import WeightSource
from vmevalkit.runner.install_plan import find_begun, folders_of, has_weights
from vmevalkit.weights.built import adopt_built
from vmevalkit.weights.check import WeightFault, inspect_weights
from vmevalkit.weights.folder import copy_from
from vmevalkit.weights.hub import fetch
from vmevalkit.weights.hub_client import HubClient, offline_variable
from vmevalkit.weights.space import check_space, nearest_folder, storing

_GIGABYTE = 10**9
_SURELY = 0.7
"""Part of the size in a recipe that weights take at least."""
_BUILD_SECONDS = 600
_BUILDER = Path(str(untrained.__file__)).with_name("build.py")

OnBytes = Callable[[str, int, int], None]
"""Told what is fetched, how many of its bytes are here, and how many there will be."""


@dataclass(frozen=True)
class InstallOptions:
    """How to install."""

    weights_from: Path | None = None
    """A folder that holds the weights, in place of the hub."""
    interpreter: Path | None = None
    """The Python of an environment that somebody else prepared."""


@dataclass(frozen=True)
class Removal:
    """What became of the parts of a model."""

    removed: list[str]
    """What is gone, in words."""
    kept: dict[str, list[str]]
    """What is still there, in words, and the keys of the models that need it."""


def check_weights_folder(models: Sequence[Model], shelves: Shelves, folder: Path) -> None:
    """Nothing where the folder can be meant to hold the weights that the models lack; raises InvalidRequestError.

    A folder that is itself a set of weights is of no use for two of them, which may well have files of the same name.
    """
    missing = {
        source.repository
        for model in models
        for source in recipe_of(model)[0].weights.values()
        if source.untrained is None and not has_weights(source, shelves.weights)
    }
    below = {repository for repository in missing if (folder / repository).is_dir()}
    is_one_set = len(missing) == 1 and folder.is_dir() and any(path.is_file() for path in folder.iterdir())
    if missing == below or is_one_set:
        return
    lacking = sorted(missing - below)
    raise InvalidRequestError(
        f"{folder} does not hold {' and '.join(lacking)}" if folder.is_dir() else f"There is no folder {folder}",
        expected=f"the folders {', '.join(str(folder / name) for name in lacking)}"
        + (", or the files of that one set of weights" if len(missing) == 1 else ""),
        next_step="Name another folder with --weights-from, or leave it out to fetch them from the hub",
        field="weights_from",
        value=str(folder),
    )


def install(model: Model, shelves: Shelves, options: InstallOptions, *, on_note: Note, on_bytes: OnBytes) -> None:
    """Install what a model needs and is not there; the same call goes on where an earlier one was cut short.

    Raises InstallFailedError, WeightsNotFoundError, DiskSpaceError and MissingExtraError.
    """
    recipe, environment = recipe_of(model)
    if options.interpreter is None:
        _check_room(environment, shelves)
    if options.weights_from is None:
        _check_hub(model, shelves)
    install_environment(environment, shelves.environments, interpreter=options.interpreter, on_note=on_note)
    if recipe.source is not None:
        fetch_source(recipe.source, shelves.sources, on_note=on_note)
    for source in recipe.weights.values():
        if isinstance(inspect_weights(source, shelves.weights, deep=False), WeightFault):
            on_note(f"weights {source.repository}: about {source.gigabytes:g} GB, {source.licence}")
            _bring(model, source, shelves, options, on_bytes)
    find_installed(model, shelves)


def _check_hub(model: Model, shelves: Shelves) -> None:
    """Raises what can be known of fetching the weights that are missing, before anything is made: room, access."""
    recipe, _ = recipe_of(model)
    missing = [
        source
        for source in recipe.weights.values()
        if source.untrained is None and not has_weights(source, shelves.weights)
    ]
    if not missing:
        return
    HubClient()
    if offline_variable() is not None:
        fetch(missing[0], shelves.weights, lambda *_: None)  # it says so
    # A recipe's size is about right; the exact one is checked when the hub has told it.
    check_space(shelves.weights.root, int(sum(source.gigabytes for source in missing) * _SURELY * _GIGABYTE))


def verify(model: Model, shelves: Shelves, *, on_note: Note) -> None:
    """Import the packages of its environment, and read every file against its hash; raises what is wrong.

    What is wrong no longer counts as installed, so that installing it mends that.
    """
    _, environment = recipe_of(model)
    verify_environment(environment, shelves.environments, install_command(model), on_note=on_note)
    on_note("comparing the hash of every file")
    find_installed(model, shelves, deep=True)


def validate(model: Model, shelves: Shelves, pool: WorkerPool, *, on_note: Note) -> None:
    """Verify it, then have a worker of the pool load the model; raises what is wrong."""
    verify(model, shelves, on_note=on_note)
    recipe, _ = recipe_of(model)
    check_devices(model.key, recipe, pool)
    devices = pool.devices if recipe.spreads else pool.devices[:1]
    on_note(f"loading it on {', '.join(device.name for device in devices)}")
    with OpenService(model, pool).loaded():
        pass


def uninstall(model: Model, shelves: Shelves, *, leaving: Collection[str] = (), on_note: Note) -> Removal:
    """What was removed of a model, and what was kept since models need it that are not leaving too.

    A model needs its parts when some of its weights are here, whole or not.
    """
    staying = [each for each in find_begun(shelves) if each.key not in {model.key, *leaving}]
    used = {each.key: folders_of(each, shelves) for each in staying}
    removal = Removal([], {})
    for part in _removable(model, shelves, on_note):
        if needed_by := [key for key, folders in used.items() if part.folder in folders]:
            removal.kept[part.name] = needed_by
        elif part.remove():
            removal.removed.append(part.name)
    return removal


class _Removable(NamedTuple):
    """A part that could be removed."""

    name: str
    """What it is, in words."""
    folder: Path
    """Where it is, or would be."""
    remove: Callable[[], bool]
    """Whether there was anything to remove."""


def _removable(model: Model, shelves: Shelves, on_note: Note) -> Iterator[_Removable]:
    """The parts of a model, weights first, since a model without any counts as not installed."""
    recipe, environment = recipe_of(model)
    for source in recipe.weights.values():
        remove = partial(_remove_weights, source, shelves)
        yield _Removable(f"weights {source.repository}", shelves.weights.folder_of(source), remove)
    if (tree := recipe.source) is not None:
        remove = partial(remove_source, tree, shelves.sources, on_note=on_note)
        yield _Removable(f"source tree {tree.name}", shelves.sources.folder_of(tree), remove)
    remove = partial(_remove_environment, environment, shelves, on_note)
    folder = shelves.environments.folder_of(environment)
    yield _Removable(f"environment {environment.name}", folder, remove)


def _bring(model: Model, source: WeightSource, shelves: Shelves, options: InstallOptions, on_bytes: OnBytes) -> None:
    told = partial(on_bytes, source.repository)
    if source.untrained is not None:
        interpreter = shelves.environments.interpreter_of(recipe_of(model)[1], install_command(model))
        adopt_built(source, shelves.weights, partial(_build, interpreter, source.untrained))
    elif options.weights_from is not None:
        copy_from(options.weights_from, source, shelves.weights, told)
    else:
        fetch(source, shelves.weights, told)


def _build(interpreter: Path, name: str, folder: Path) -> None:
    """Have a tiny pipeline made in the environment that is going to load it."""
    command = [str(interpreter), "-I", str(_BUILDER), name, str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_BUILD_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
        last = said.strip().splitlines()[-1:] or [str(error)]
        raise InstallFailedError(
            f"The untrained weights {name} could not be made: {last[0]}",
            expected=f"that {interpreter} has what its environment must have, and makes them within {_BUILD_SECONDS} s",
            next_step=f"`{shlex.join([*command[:-1], 'made-by-hand'])}` says more",
        ) from error


def _remove_weights(source: WeightSource, shelves: Shelves) -> bool:
    folder = shelves.weights.folder_of(source)
    if not folder.is_dir():
        return False
    with storing(folder, 0), shelves.weights.locked(source):
        shelves.weights.remove(source)
    return True


def _remove_environment(environment: Environment, shelves: Shelves, on_note: Note) -> bool:
    manifest = shelves.environments.manifest_of(environment)
    removed = remove_environment(environment, shelves.environments, on_note=on_note)
    if removed and manifest is not None and manifest.installed_by == ADOPTED:
        on_note(f"{manifest.interpreter} stays as it is: it was not made here")
    return removed


def _check_room(environment: Environment, shelves: Shelves) -> None:
    """Raises DiskSpaceError where an environment that is not there yet has no room."""
    if shelves.environments.state_of(environment) == "installed":
        return
    root = shelves.environments.root
    free, needed = shutil.disk_usage(nearest_folder(root)).free, int(environment.gigabytes * _GIGABYTE)
    if free < needed:
        raise DiskSpaceError(
            f"There is not enough room for the environment {environment.name} in {root}: {free / 1e9:.1f} GB are free",
            expected=f"about {environment.gigabytes:g} GB",
            next_step="Free some space, or choose another place with VMEVALKIT_ENVIRONMENTS_DIR, then run the same "
            "command again",
            needed=needed,
            free=free,
        )
