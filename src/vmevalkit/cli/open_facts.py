"""What is known about open models, in words for people who choose one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from vmevalkit.models.installed import Shelves
from vmevalkit.records.environment import Environment
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Recipe
from vmevalkit.records.weights import WeightSource
from vmevalkit.report.wording import count
from vmevalkit.runner.install_plan import InstallPart, is_installed

OPEN_COLUMNS = (
    "MODEL",
    "VRAM GB",
    "LEAST VRAM GB",
    "DISK GB",
    "INSTALLED",
    "SIZE",
    "FRAMES",
    "ENVIRONMENT",
    "DESCRIPTION",
)
"""`LEAST VRAM GB` is for parts that take turns on the GPU."""

LEAST_DESCRIPTION = 24
"""Columns of a terminal below which a description is not worth showing."""

_EXPENDABLE = {"DESCRIPTION": LEAST_DESCRIPTION, "ENVIRONMENT": None, "FRAMES": None, "SIZE": None, "INSTALLED": None}
"""What is left out where there is no room for it, the first one first."""

PART_COLUMNS = ("PART", "NAME", "STATE", "GB", "MODELS", "DETAIL", "LICENCE")

FEW = 2
"""So many models are named; more are counted."""

Row = tuple[str, str]
"""What a fact is about, and the fact."""


class ModelTable(NamedTuple):
    """Models in rows, as far as there is room."""

    columns: list[str]
    """What the columns are called."""
    rows: list[list[str]]
    """A row for each model."""
    left_out: list[str]
    """Columns there was no room for."""


def fit_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str]], room: int | None, expendable: Mapping[str, int | None]
) -> ModelTable:
    """The table in `room` columns of a terminal, without those of the expendable columns that there is no room for.

    The first of them goes first. Each comes with the width it may be folded to; None for one that is not folded.
    Columns that are empty in every row take no room. Without a `room` nothing is left out.
    """
    cells = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else {}
    widths = {name: max(map(len, (name, *column))) for name, column in cells.items() if any(column)}
    widths |= {name: min(widths[name], least) for name, least in expendable.items() if least and name in widths}
    left_out = list[str]()
    for name in expendable:
        if room is not None and name in widths and sum(widths.values()) + 2 * (len(widths) - 1) > room:
            del widths[name]
            left_out.append(name)
    kept = [number for number, name in enumerate(columns) if name not in left_out]
    return ModelTable([columns[each] for each in kept], [[row[each] for each in kept] for row in rows], left_out)


def open_table(models: Sequence[Model], shelves: Shelves, room: int | None) -> ModelTable:
    """The models with a recipe, in `room` columns of a terminal; None for all there is to say."""
    return fit_columns(OPEN_COLUMNS, open_rows(models, shelves), room, _EXPENDABLE)


def open_rows(models: Sequence[Model], shelves: Shelves) -> list[list[str]]:
    """A row for each model with a recipe: GPU memory and disk in GB, whether installed, native size, default frames."""
    return [_row(model, model.recipe, shelves) for model in models if model.recipe is not None]


def _row(model: Model, recipe: Recipe, shelves: Shelves) -> list[str]:
    return [
        model.key,
        _gigabytes(recipe.vram_gigabytes) if recipe.gpus else "none",
        _gigabytes(recipe.vram_offloaded_gigabytes),
        _gigabytes(recipe.weight_gigabytes),
        "yes" if is_installed(model, shelves) else "no",
        recipe.sizes.native[0],
        f"{recipe.frames.default} at {recipe.fps:g} fps",
        recipe.environment,
        model.description,
    ]


def part_rows(parts: Sequence[InstallPart]) -> list[list[str]]:
    """A row for each part that models need: whether it is there, disk in GB, for whom, whence, under which licence."""
    return [
        [
            part.kind,
            part.name,
            "installed" if part.installed else "to install",
            f"{part.gigabytes:g}" if part.gigabytes else "",
            names(part.models),
            part.detail,
            part.licence or "",
        ]
        for part in parts
    ]


def names(models: Sequence[str]) -> str:
    """The models by name, or their number."""
    return " and ".join(models) if len(models) <= FEW else count(len(models), "model")


def recipe_facts(recipe: Recipe | None, environment: Environment | None) -> Iterator[Row]:
    """What a model needs on this machine, and what is known to go wrong."""
    if recipe is None or environment is None:
        return
    yield "GPU memory", _memory(recipe)
    if recipe.final_frame_required:
        yield "final frame", "required: tasks without one are refused"
    yield "sizes", recipe.sizes.in_words()
    default = f"; by default {recipe.frames.default}" if recipe.frames.least < recipe.frames.most else ""
    yield "frames", f"{recipe.frames.in_words()}{default}, at {recipe.fps:g} per second"
    python = " or ".join(environment.python)
    packages = len({line.partition("==")[0] for line in environment.lock})  # some are there once for each Python
    yield "environment", f"{environment.name}: {packages} packages, Python {python}, {environment.gigabytes:g} GB"
    yield "pipeline class", recipe.pipeline or ""
    if recipe.source is not None:
        yield "source tree", f"{recipe.source.repository} at {recipe.source.commit} ({recipe.source.licence})"
    for part, source in recipe.weights.items():
        yield f"weights {part}", _weights(source)
    limits = recipe.limits
    yield "time limits", f"{limits.load:g} s to load, {limits.generate:g} s a video"
    for failure in recipe.failures:
        reported = f" ({failure.source})" if failure.source else ""
        yield "known failure", f"{failure.symptom}: {failure.remedy}{reported}"
    yield from (("unverified", text) for text in recipe.unverified)


def _memory(recipe: Recipe) -> str:
    if not recipe.gpus:
        return "none needed: runs on a CPU"
    all_in, offloaded = _gigabytes(recipe.vram_gigabytes), _gigabytes(recipe.vram_offloaded_gigabytes)
    parts = [f"about {all_in} GB" if all_in else "unknown"]
    parts += [f"{offloaded} GB when its parts take turns"] if offloaded else []
    parts += [f"{recipe.gpus} GPUs at least"] if recipe.gpus > 1 else []
    parts += ["needs CUDA, no CPU"] if recipe.cuda_only else []
    return ", ".join(parts)


def _weights(source: WeightSource) -> str:
    if source.untrained is not None:
        return f"{source.repository}: random values, made here, {source.gigabytes:g} GB"
    revision = source.revision or "the newest revision, recorded when fetched"
    gated = ", gated: accept the licence on the hub and set HF_TOKEN" if source.gated else ""
    known = sum(file.sha256 is not None for file in source.files)
    hashes = f", {known} of {len(source.files)} listed files with a known hash" if source.files else ""
    return f"{source.repository} at {revision}, {source.gigabytes:g} GB ({source.licence}{gated}{hashes})"


def _gigabytes(amount: float | None) -> str:
    return "" if amount is None else f"{amount:.3g}"
