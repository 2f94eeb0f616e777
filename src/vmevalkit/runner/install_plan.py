"""What open models need on this machine, and what of it is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from vmevalkit.environments.install import ADOPTED
from vmevalkit.environments.plan import EnvironmentPlan, plan_environment
from vmevalkit.errors import SetupError
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.models.installed import Shelves, find_installed, recipe_of
from vmevalkit.records.base import Record
from vmevalkit.records.environment import Environment, SourceTree
from vmevalkit.records.model import Model
from vmevalkit.records.weights import WeightSource
from vmevalkit.weights.check import WeightFault, inspect_weights
from vmevalkit.weights.shelf import WeightShelf, manifests_in
from vmevalkit.weights.space import nearest_folder

PartKind = Literal["environment", "source", "weights"]

_PartKey = tuple[str, ...]
"""Tells one part from all others: its folder first, for weights also the revision and which files of it."""


class InstallPart(Record):
    """One thing that models need."""

    kind: PartKind
    """What it is."""
    name: str
    """What it is called."""
    installed: bool
    """Whether it is there, whole as far as a quick look can tell."""
    gigabytes: float
    """About how much disk it will take, in units of 10^9 bytes; 0 for what is there, or small."""
    detail: str
    """With what it is made, or from where it comes."""
    folder: str
    """Where it is, or would be."""
    licence: str | None = None
    """SPDX identifier or name of its licence."""
    models: tuple[str, ...] = ()
    """Which of the models need it."""


class DiskRoom(Record):
    """What is to be installed on one disk, and what is free there."""

    folders: tuple[str, ...]
    """Where on the disk it goes."""
    gigabytes: float
    """About how much will be installed, in units of 10^9 bytes."""
    free_gigabytes: float
    """How much is free, in the same units."""


def plan_install(
    models: Sequence[Model], shelves: Shelves, *, weights_from: Path | None = None, interpreter: Path | None = None
) -> list[InstallPart]:
    """Everything that the models need, each part once; nothing is changed.

    `weights_from` is a folder to take weights from in place of the hub, `interpreter` the Python of an environment that
    somebody else prepared.
    """
    parts: dict[_PartKey, InstallPart] = {}
    for model in models:
        for key, look in _needs_of(model, shelves, weights_from, interpreter):
            part = parts.get(key) or look()
            parts[key] = part.model_copy(update={"models": (*part.models, model.key)})
    return list(parts.values())


def rooms_for(parts: Sequence[InstallPart], shelves: Shelves) -> list[DiskRoom]:
    """The disks that something is to be installed on."""
    rooms: dict[int, DiskRoom] = {}
    for root, kinds in ((shelves.environments.root, {"environment", "source"}), (shelves.weights.root, {"weights"})):
        needed = sum(part.gigabytes for part in parts if part.kind in kinds)
        if needed:
            there = nearest_folder(root)
            disk = there.stat().st_dev
            room = rooms.get(disk) or DiskRoom(
                folders=(), gigabytes=0.0, free_gigabytes=shutil.disk_usage(there).free / 1e9
            )
            more = {"folders": (*room.folders, str(root)), "gigabytes": room.gigabytes + needed}
            rooms[disk] = room.model_copy(update=more)
    return list(rooms.values())


def folders_of(model: Model, shelves: Shelves) -> set[Path]:
    """Where the parts of a model are, or would be."""
    return {Path(key[0]) for key, _ in _needs_of(model, shelves)}


def is_installed(model: Model, shelves: Shelves) -> bool:
    """Whether all that a model needs is there, whole as far as a quick look can tell."""
    if model.recipe is None:
        return False
    try:
        find_installed(model, shelves)
    except (SetupError, OSError):  # not there, or in a folder that may not be read
        return False
    return True


def has_weights(source: WeightSource, shelf: WeightShelf) -> bool:
    """Whether a set of weights is there, whole as far as a quick look can tell."""
    try:
        return not isinstance(inspect_weights(source, shelf, deep=False), WeightFault)
    except OSError:  # in a folder that may not be read
        return False


def find_begun(shelves: Shelves) -> list[Model]:
    """The open models of which weights are on this machine, whole or not: those that somebody wanted to install."""
    return [
        model
        for model in find_models(kind="open")
        if model.recipe and any(_is_begun(source, shelves.weights) for source in model.recipe.weights.values())
    ]


def _needs_of(
    model: Model, shelves: Shelves, weights_from: Path | None = None, interpreter: Path | None = None
) -> Iterator[tuple[_PartKey, Callable[[], InstallPart]]]:
    """The parts of a model by key, each as a function, since looking at one takes time."""
    recipe, environment = recipe_of(model)
    folder = shelves.environments.folder_of(environment)
    yield (str(folder),), partial(_environment_part, environment, shelves, interpreter)
    if (tree := recipe.source) is not None:
        yield (str(shelves.sources.folder_of(tree)),), partial(_source_part, tree, shelves)
    for source in recipe.weights.values():
        key = str(shelves.weights.folder_of(source)), source.revision or "", *sorted(set(source.patterns))
        yield key, partial(_weights_part, source, shelves.weights, weights_from)


def _environment_part(environment: Environment, shelves: Shelves, interpreter: Path | None) -> InstallPart:
    plan = plan_environment(environment, shelves.environments)
    adopts = interpreter is not None and not (plan.installed and plan.python == str(interpreter.absolute()))
    return InstallPart(
        kind="environment",
        name=environment.name,
        installed=plan.installed and not adopts,
        gigabytes=0.0 if adopts else plan.gigabytes,
        detail=f"that of {interpreter}, as it is" if adopts else _maker(plan),
        folder=plan.folder,
    )


def _maker(plan: EnvironmentPlan) -> str:
    if plan.tool == ADOPTED:
        return f"that of {plan.python}, as it is"
    return f"{plan.packages} packages with {plan.tool}, Python {plan.python or 'missing'}"


def _source_part(tree: SourceTree, shelves: Shelves) -> InstallPart:
    return InstallPart(
        kind="source",
        name=tree.name,
        installed=shelves.sources.fault_of(tree) is None,
        gigabytes=0.0,
        detail=f"{tree.repository} at {tree.commit[:12]}",
        folder=str(shelves.sources.folder_of(tree)),
        licence=tree.licence,
    )


def _weights_part(source: WeightSource, shelf: WeightShelf, weights_from: Path | None) -> InstallPart:
    installed = has_weights(source, shelf)
    return InstallPart(
        kind="weights",
        name=source.repository,
        installed=installed,
        gigabytes=0.0 if installed else source.gigabytes,
        detail=_origin(source, None if installed else weights_from),
        folder=str(shelf.folder_of(source)),
        licence=source.licence,
    )


def _origin(source: WeightSource, folder: Path | None) -> str:
    if source.untrained is not None:
        return "made here, of random values"
    revision = f"revision {source.revision[:12]}" if source.revision else "the newest revision, resolved when fetched"
    if folder is not None:
        return f"{revision}, from {folder}"
    gated = "; gated: accept the licence on the hub, set HF_TOKEN" if source.gated else ""
    return f"{revision}{gated}"


def _is_begun(source: WeightSource, shelf: WeightShelf) -> bool:
    """Whether the folder of the weights holds any of them, and not just those that another model selects."""
    folder = shelf.folder_of(source)
    try:
        is_used = folder.is_dir() and any(folder.iterdir())
        return shelf.manifest_of(source) is not None or (is_used and not manifests_in(folder))
    except OSError:  # in a folder that may not be read, so they may well be there
        return True
