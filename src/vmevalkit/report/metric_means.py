"""Means of metrics by model: one column for each comparability key, unlike ones never together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean

from vmevalkit.records.base import Record
from vmevalkit.records.score import ComparabilityKey, Direction, Interval, Score
from vmevalkit.report.board import as_interval
from vmevalkit.report.metric_ranges import within_range
from vmevalkit.report.statistics import mean_interval
from vmevalkit.report.units import Unit

Signature = tuple[ComparabilityKey, str, Direction, bool]


class MetricColumn(Record):
    """What values must share to stand in one column."""

    label: str
    """The metric's name; with what sets it apart where two columns have the same name."""
    key: ComparabilityKey
    """What the values may be compared with."""
    unit: str
    """Unit of the values."""
    direction: Direction
    """Which way is better."""
    untrained_weights: bool
    """True when the values mean nothing, because the network was not trained; such a column is kept off boards."""


class MetricMean(Record):
    """The mean of one metric over the videos of one model."""

    model: str
    """Catalog key of the model."""
    domain: str | None
    """The domain; None for all of them."""
    column: int
    """Which of the report's metric columns it stands in, from 0."""
    n: int
    """Videos with a value."""
    missing: int
    """Runs without a value of this metric, such as those that made no video."""
    mean: float | None
    """Mean of the values; None where there is none."""
    interval: Interval | None
    """Where it probably lies, as far as the metric reaches; None where all values are equal or there is one task."""


def metric_columns(units: Sequence[Unit]) -> tuple[MetricColumn, ...]:
    """The columns that the units' scores need, those of trained or no weights first, in order of appearance.

    A score without a value needs none, since failed runs do not tell how they would have been measured; only a metric
    without any value has one column all the same.
    """
    scores = [score for unit in units for score in unit.scores]
    valued = {score.key.metric for score in scores if score.value is not None}
    first = {score.key.metric: score for score in reversed(scores)}
    signatures = dict.fromkeys(
        signature(score) if score.key.metric in valued else signature(first[score.key.metric])
        for score in scores
        if score.value is not None or score.key.metric not in valued
    )
    drafts = [
        MetricColumn(label=key.metric, key=key, unit=unit, direction=direction, untrained_weights=untrained)
        for key, unit, direction, untrained in signatures
    ]
    names = Counter(draft.key.metric for draft in drafts)
    columns = [
        draft if names[draft.key.metric] == 1 else draft.model_copy(update={"label": _long_label(draft, drafts)})
        for draft in drafts
    ]
    return tuple(sorted(columns, key=lambda column: column.untrained_weights))


def column_numbers(columns: Sequence[MetricColumn]) -> dict[Signature, int]:
    """Where scores with a value stand, by signature."""
    return {
        (column.key, column.unit, column.direction, column.untrained_weights): number
        for number, column in enumerate(columns)
    }


def signature(score: Score) -> Signature:
    """What decides which column a score stands in."""
    return score.key, score.unit, score.direction, score.untrained_weights


def metric_means(units: Sequence[Unit], columns: Sequence[MetricColumn]) -> tuple[MetricMean, ...]:
    """The means of every model, in each domain and in all, in every column that has any of its scores.

    A score without a value is missing in every column of its metric.
    """
    numbers, of_metric = column_numbers(columns), defaultdict(list)
    for number, column in enumerate(columns):
        of_metric[column.key.metric].append(number)
    groups: dict[tuple[str, str | None, int], list[tuple[Unit, Score]]] = defaultdict(list)
    for unit in units:
        for score in unit.scores:
            missing = score.value is None
            for number in of_metric[score.key.metric] if missing else [numbers[signature(score)]]:
                groups[unit.model, unit.domain, number].append((unit, score))
                groups[unit.model, None, number].append((unit, score))
    return tuple(_mean(model, domain, number, scored) for (model, domain, number), scored in groups.items())


def _mean(model: str, domain: str | None, column: int, scored: Sequence[tuple[Unit, Score]]) -> MetricMean:
    clusters: dict[tuple[str, str], list[float]] = defaultdict(list)
    for unit, score in scored:
        if score.value is not None:
            clusters[unit.task].append(score.value)
    values = [value for cluster in clusters.values() for value in cluster]
    method = "t, clustered by task" if len(values) > len(clusters) else "t"
    found = within_range(mean_interval(list(clusters.values())), scored[0][1].key.metric, values)
    return MetricMean(
        model=model,
        domain=domain,
        column=column,
        n=len(values),
        missing=len(scored) - len(values),
        mean=fmean(values) if values else None,
        interval=as_interval(found, method),
    )


def _long_label(column: MetricColumn, columns: Sequence[MetricColumn]) -> str:
    """The metric's name, and those parts of its key in which it differs from others of that name."""
    rivals = [rival for rival in columns if rival.key.metric == column.key.metric]
    told = [
        f"{field} {getattr(column.key, field) or 'none'}"
        for field in ComparabilityKey.model_fields
        if len({getattr(rival.key, field) for rival in rivals}) > 1
    ]
    told += ["untrained"] if column.untrained_weights else []
    return f"{column.key.metric} ({', '.join(told) or column.unit or column.direction})"
