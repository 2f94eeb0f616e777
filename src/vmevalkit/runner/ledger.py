"""What a tree of runs cost: told by the providers, by forecast, and what may have been spent on nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import fsum
from typing import Literal

from vmevalkit.records.base import Record
from vmevalkit.records.run import Run
from vmevalkit.store.jobs import run_with_job
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree, run_folders

Basis = Literal["told", "forecast", "told and forecast"]
"""Whether a figure is the provider's own, computed from the catalog's price, or the sum of both."""


class Spending(Record):
    """What a number of runs cost."""

    model: str | None
    """Catalog key; None for all models together."""
    runs: int
    """How many, failed ones among them."""
    videos: int
    """How many of them have a video."""
    seconds: float
    """Seconds of video in these."""
    told: float
    """US dollars that the provider told, whatever came of the run."""
    forecast: float
    """US dollars by the catalog's price for runs with a video whose cost nobody told."""
    perhaps: float
    """US dollars by the catalog's price for runs without a video: paid, refunded or never charged, nobody told."""
    perhaps_runs: int
    """How many runs that are."""
    unspent_runs: int
    """How many runs without a video cost nothing: nothing was submitted, it was turned away, or the model runs here."""
    unpriced: tuple[str, ...]
    """Ids of the runs whose cost is unknown; they are in none of the sums."""
    per_video: float | None
    """US dollars told and by forecast per finished video; None without a video, where a cost is unknown, and for all
    models together."""
    per_video_basis: Basis | None
    """What that figure rests on; None without one, and where nothing was to be paid."""


class Ledger(Record):
    """What runs cost, by model."""

    models: tuple[Spending, ...]
    """Each model, by key."""
    total: Spending
    """All of them together."""


def ledger(runs: Iterable[Run]) -> Ledger:
    """What the runs cost."""
    by_model: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        by_model[run.inference.model].append(run)
    everything = [run for each in by_model.values() for run in each]
    return Ledger(
        models=tuple(_spending(model, by_model[model]) for model in sorted(by_model)),
        total=_spending(None, everything),
    )


def unrecorded_runs(tree: OutputTree) -> Iterator[Run]:
    """Runs that have no record yet and a job at a provider, as announced: their process is at it, or was killed."""
    for name in run_folders(tree.layout.root):
        folder = RunFolder(tree.layout.root / name)
        found = None if folder.record.exists() else run_with_job(folder)
        if found is not None:
            yield found.run.model_copy(update={"cost": found.log.cost_beside(found.run.cost)})


def _spending(model: str | None, runs: Sequence[Run]) -> Spending:
    finished = [run for run in runs if run.inference.status == "success"]
    others = [run for run in runs if run.inference.status != "success"]
    told = [run.cost.amount for run in runs if run.cost is not None and run.cost.source == "provider"]
    forecast, perhaps = _by_forecast(finished), _by_forecast(others)
    unpriced = tuple(run.inference.run_id for run in runs if run.cost is None)
    has_rate = model is not None and bool(finished) and not unpriced
    return Spending(
        model=model,
        runs=len(runs),
        videos=len(finished),
        seconds=fsum(run.output.video.duration_seconds for run in finished if run.output.video is not None),
        told=fsum(told),
        forecast=fsum(forecast),
        perhaps=fsum(perhaps),
        perhaps_runs=len(perhaps),
        unspent_runs=sum(run.cost is not None and run.cost.source == "free" for run in others),
        unpriced=unpriced,
        per_video=fsum(told + forecast) / len(finished) if has_rate else None,
        per_video_basis=_basis(told, forecast) if has_rate else None,
    )


def _by_forecast(runs: Iterable[Run]) -> list[float]:
    return [run.cost.amount for run in runs if run.cost is not None and run.cost.source == "forecast"]


def _basis(told: Sequence[float], forecast: Sequence[float]) -> Basis | None:
    if told and forecast:
        return "told and forecast"
    return "told" if told else "forecast" if forecast else None
