"""Scores averaged by metric, model and domain; unlike ones never with each other."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from vmevalkit import __version__
from vmevalkit.records.base import Record
from vmevalkit.records.evaluation import EVALUATION_SCHEMA_VERSION
from vmevalkit.records.score import Category, ComparabilityKey, Direction, Interval, Score, ScoreRecord
from vmevalkit.report.statistics import mean_interval


class ScoreMean(Record):
    """The mean of one metric over runs that can be compared."""

    key: ComparabilityKey
    """What they have in common."""
    model: str
    """Catalog key of the model."""
    domain: str | None
    """The domain; None for all of them together."""
    unit: str
    """Unit of the values."""
    direction: Direction
    """Which way is better."""
    n: int
    """Runs with a value."""
    mean: float
    """Their mean."""
    std: float | None
    """Standard deviation of a single run; None for one run."""
    interval: Interval | None
    """Where the mean over all tasks of the kind probably lies; None where it cannot be told."""


class Unscored(Record):
    """Runs without a value of one metric."""

    metric: str
    """Name of the metric."""
    model: str
    """Catalog key of the model."""
    domain: str | None
    """The domain; None for all of them together."""
    n: int
    """How many."""
    reasons: dict[str, int]
    """Why, and how often."""


class ScoreSummary(Record):
    """The means of one category: `evaluations/{category}/summary.json`."""

    schema_version: int = EVALUATION_SCHEMA_VERSION
    """Version of this layout."""
    category: Category
    """What the metrics compare with."""
    package_version: str
    """Version of vmevalkit."""
    means: tuple[ScoreMean, ...]
    """By metric, model and domain."""
    unscored: tuple[Unscored, ...]
    """Runs that are in none of the means."""


def summarise(
    category: Category, records: Iterable[ScoreRecord], metrics: Collection[str] | None = None
) -> ScoreSummary:
    """The summary of the records of a category, of these metrics alone where they are given."""
    cells: dict[tuple[str, str, str | None], list[tuple[str, Score]]] = defaultdict(list)
    for record in records:
        for score in record.scores:
            if metrics is not None and score.key.metric not in metrics:
                continue
            for domain in (record.subject.domain or "unknown", None):
                cells[score.key.metric, record.subject.model, domain].append(
                    (f"{record.subject.domain}/{record.subject.task_id}", score)
                )
    ordered = sorted(cells, key=lambda cell: (cell[0], cell[1], cell[2] or ""))
    return ScoreSummary(
        category=category,
        package_version=__version__,
        means=tuple(mean for cell in ordered for mean in _means(cell[1], cell[2], cells[cell])),
        unscored=tuple(tally for cell in ordered for tally in _unscored(*cell, cells[cell])),
    )


def _means(model: str, domain: str | None, scores: Sequence[tuple[str, Score]]) -> list[ScoreMean]:
    """One mean for each kind of comparable values."""
    alike: dict[ComparabilityKey, list[tuple[str, Score]]] = defaultdict(list)
    for task, score in scores:
        if score.value is not None:
            alike[score.key].append((task, score))
    return [_mean(key, model, domain, alike[key]) for key in sorted(alike, key=repr)]


def _mean(key: ComparabilityKey, model: str, domain: str | None, scores: Sequence[tuple[str, Score]]) -> ScoreMean:
    tasks: dict[str, list[float]] = defaultdict(list)
    for task, score in scores:
        tasks[task].append(float(score.value or 0.0))
    values = [value for cluster in tasks.values() for value in cluster]
    mean, found = fmean(values), mean_interval(list(tasks.values()))
    squares = math.fsum((value - mean) ** 2 for value in values)
    return ScoreMean(
        key=key,
        model=model,
        domain=domain,
        unit=scores[0][1].unit,
        direction=scores[0][1].direction,
        n=len(values),
        mean=mean,
        std=math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else None,
        interval=found and Interval(low=found.low, high=found.high, method="student t, clustered by task"),
    )


def _unscored(metric: str, model: str, domain: str | None, scores: Sequence[tuple[str, Score]]) -> list[Unscored]:
    reasons = Counter(score.reason for _, score in scores if score.reason is not None)
    if not reasons:
        return []
    return [Unscored(metric=metric, model=model, domain=domain, n=reasons.total(), reasons=dict(reasons))]
