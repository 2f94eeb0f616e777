"""Scoring the runs of an output tree: what has a score that still holds is left alone, the rest is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from vmevalkit import __version__
from vmevalkit.engine.executor import Executor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Outcome, Unit
from vmevalkit.metrics.base import Metric
from vmevalkit.metrics.registry import load_metric, metrics
from vmevalkit.records.base import Record
from vmevalkit.records.score import Category, Score, ScoreRecord
from vmevalkit.runner.evaluated_runs import EvaluatedRun, current_records
from vmevalkit.runner.measuring import NOT_AVAILABLE, Findings, implementation_of, inputs_of, measure, score_of
from vmevalkit.runner.score_summary import summarise
from vmevalkit.store.evaluations import Evaluations


class ScoringItem(Record):
    """One run to be scored, by all metrics at once."""

    run: EvaluatedRun
    """The run; one that failed gets scores that say so."""
    metrics: tuple[str, ...]
    """Names of the metrics."""
    evaluations: Path
    """Root of the evaluations tree."""
    force: bool = False
    """Measure again even what has a score that holds."""

    @property
    def classes(self) -> list[type[Metric]]:
        """The metrics."""
        return [load_metric(name) for name in self.metrics]

    @property
    def categories(self) -> list[Category]:
        """Their categories, each once."""
        return list(dict.fromkeys(metric.category for metric in self.classes))

    def known(self, category: Category) -> ScoreRecord | None:
        """The record there is already, with only those of its scores that still hold; None without any."""
        record = Evaluations(self.evaluations).read(category, self.run.entry.folder, ScoreRecord)
        if record is None or record.subject != self.run.subject():
            return None
        return record.model_copy(update={"scores": tuple(score for score in record.scores if self._holds(score))})

    def missing(self) -> list[type[Metric]]:
        """The metrics that have to be measured."""
        if self.force:
            return self.classes
        records = [self.known(category) for category in self.categories]
        there = {score.key.metric for record in records if record for score in record.scores}
        return [metric for metric in self.classes if metric.name not in there]

    def _holds(self, score: Score) -> bool:
        """True for a score of a metric as it is today, compared with the files that are there today."""
        if score.key.metric not in metrics():
            return True
        metric = load_metric(score.key.metric)
        if score.details.get("inputs") != inputs_of(self.run, metric):
            return False
        implementation = implementation_of(metric)
        # What has been measured is not thrown away where the means to measure it again are missing.
        return score.key.implementation == implementation or (
            implementation == NOT_AVAILABLE and score.value is not None
        )


@dataclass
class Scoring:
    """Metrics × runs."""

    metrics: Sequence[type[Metric]]
    """The metrics, in order."""
    runs: Sequence[EvaluatedRun]
    """The runs, in order; those that failed too."""
    outputs: Path
    """Root of the output tree."""
    evaluations: Path
    """Root of the evaluations tree."""
    force: bool = False
    """Measure again even what has a score that holds."""
    records: list[ScoreRecord] = field(default_factory=list)
    """The records so far: those that were there, and those that were made."""

    @property
    def categories(self) -> list[Category]:
        """The categories of the metrics, each once."""
        return list(dict.fromkeys(metric.category for metric in self.metrics))

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Unit[ScoringItem]]:
        """Every run."""
        names = tuple(metric.name for metric in self.metrics)
        for run in self.runs:
            item = ScoringItem(run=run, metrics=names, evaluations=self.evaluations, force=self.force)
            yield Unit(run.key, run.entry.model, item)

    def is_settled(self, unit: Unit[ScoringItem]) -> bool:
        """True when there is nothing to measure; keeps the records."""
        item = unit.payload
        if item.missing():
            return False
        self.records.extend(record for category in item.categories if (record := item.known(category)))
        return True


def run_scoring(
    scoring: Scoring,
    executor: Executor,
    *,
    on_outcome: Callable[[Outcome[tuple[ScoreRecord, ...]]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How scoring went; each run is kept by itself, then a summary of each category of all that there are.

    A run that cannot be scored is done: its record says why.
    """

    def keep(outcome: Outcome[tuple[ScoreRecord, ...]]) -> None:
        scoring.records.extend(outcome.value or ())
        if on_outcome is not None:
            on_outcome(outcome)

    summary = sweep(
        scoring,
        perform,
        executor=executor,
        is_done=scoring.is_settled,
        on_outcome=keep,
        progress=progress,
        noun="runs",
    )
    evaluations = Evaluations(scoring.evaluations)
    for category in scoring.categories:
        records = current_records(scoring.outputs, evaluations, category, ScoreRecord)
        evaluations.write_summary(category, summarise(category, records))
    return summary


def perform(item: ScoringItem) -> tuple[ScoreRecord, ...]:
    """Measure what is missing of one run and keep it with what there is; one record for each category."""
    missing = item.missing()
    findings = measure(item.run, missing) if EvaluatedRun.is_possible(item.run.entry) else _failed(item.run, missing)
    records = tuple(_record(item, category, missing, findings) for category in item.categories)
    for record in records:
        Evaluations(item.evaluations).write(record.category, item.run.entry.folder, record)
    return records


def _failed(run: EvaluatedRun, missing: Sequence[type[Metric]]) -> Findings:
    reason = f"The run has no video: its status is {run.entry.status}"
    return Findings(reasons={metric.name: reason for metric in missing})


def _record(item: ScoringItem, category: Category, missing: Sequence[type[Metric]], findings: Findings) -> ScoreRecord:
    known = None if findings.changed else item.known(category)
    made = [
        score_of(metric, findings, inputs_of(item.run, metric)) for metric in missing if metric.category == category
    ]
    names = {score.key.metric for score in made}
    kept = [score for score in known.scores if score.key.metric not in names] if known else []
    places = {name: place for place, name in enumerate(metrics())}
    subject = item.run.subject()
    return ScoreRecord(
        subject=subject.model_copy(update={"video_sha256": None}) if findings.changed else subject,
        category=category,
        scores=tuple(sorted([*kept, *made], key=lambda score: places.get(score.key.metric, len(places)))),
        basis=findings.basis or (known.basis if known else None),
        scored_at=datetime.now(timezone.utc),
        package_version=__version__,
    )
