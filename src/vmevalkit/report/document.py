"""The whole report as one record: what `report.json` holds and the pages show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timezone
from statistics import median

from vmevalkit import __version__
from vmevalkit.records.base import Moment, Record
from vmevalkit.report.board import Row, make_board
from vmevalkit.report.gallery import FINAL_FRAME, FIRST_FRAME, Gallery
from vmevalkit.report.judging import DomainJudge, choose_judges
from vmevalkit.report.metric_means import MetricColumn, MetricMean, metric_columns, metric_means
from vmevalkit.report.notices import Notice, notices_of
from vmevalkit.report.pairs import Pair, compare
from vmevalkit.report.report_material import ReportMaterial, RunMaterial
from vmevalkit.report.units import Unit, rule, runs_that_count, unit_of

REPORT_SCHEMA_VERSION = 1


class Task(Record):
    """One task, as its runs were given it."""

    domain: str
    """Its domain."""
    task_id: str
    """Its id."""
    prompt: str
    """The prompt of its latest run."""
    first_frame: str | None
    """The picture the videos start from, relative to the report's folder."""
    final_frame: str | None
    """The solved state, relative to the report's folder; None where the task has none."""
    variants: int
    """Different pairs of prompt and first frame among the runs that count; with several, they are not comparable."""


class ModelActivity(Record):
    """What was run of one model, earlier tries included."""

    model: str
    """Catalog key."""
    runs: int
    """Run folders."""
    statuses: dict[str, int]
    """Runs by how they ended."""
    not_counted: int
    """Runs that another takes the place of."""
    first: Moment
    """Start of the earliest run."""
    last: Moment
    """Start of the latest run."""
    median_seconds: float | None
    """Median time of the generations that succeeded."""
    dollars: float | None
    """What all its runs cost as far as known; None where nothing is known."""
    without_cost: int
    """Runs whose cost is not known."""
    model_ids: tuple[str, ...]
    """The provider's model ids."""
    package_versions: tuple[str, ...]
    """Versions of vmevalkit that made the runs."""


class Report(Record):
    """Everything in a report."""

    schema_version: int = REPORT_SCHEMA_VERSION
    """Version of this layout."""
    title: str
    """Its title."""
    created_at: Moment
    """When it was made."""
    package_version: str
    """Version of vmevalkit that made it."""
    outputs: str
    """Name of the output tree's folder."""
    folders_left_out: int
    """Folders at the place of a run that are none: half-written, damaged or foreign."""
    notices: tuple[Notice, ...]
    """What a reader must know before believing a number."""
    judges: tuple[DomainJudge, ...]
    """The judge of each domain, in the order of the board."""
    board: tuple[Row, ...]
    """Models × domains: models first, best first, then controls."""
    pairs: tuple[Pair, ...]
    """Every pair of models that are no controls."""
    metric_columns: tuple[MetricColumn, ...]
    """What the metric means are means of."""
    metrics: tuple[MetricMean, ...]
    """Means of metrics by model and domain."""
    activity: tuple[ModelActivity, ...]
    """What was run, in the order of the board."""
    tasks: tuple[Task, ...]
    """The tasks, by domain and id."""
    units: tuple[Unit, ...]
    """What the board counts, by folder of the run."""

    @property
    def domains(self) -> list[str]:
        """The domains, in the order of the board."""
        return [judge.domain for judge in self.judges]


def compile_report(material: ReportMaterial, gallery: Gallery, title: str) -> Report:
    """The report of the material, whose media are brought into the gallery."""
    judges = choose_judges(material.runs)
    units, chosen = [], runs_that_count(material.runs)
    for run, other_runs in chosen:
        shown = gallery.video(run)
        ruling = rule(run, judges[run.domain], material.judge_command)
        units.append(unit_of(run, other_runs, ruling, shown.href, shown.reason))
    board = make_board(units, judges, material.models)
    tasks, columns = _tasks([run for run, _ in chosen], gallery), metric_columns(units)
    return Report(
        title=title,
        created_at=datetime.now(timezone.utc),
        package_version=__version__,
        outputs=material.outputs.absolute().name,
        folders_left_out=material.folders_left_out,
        notices=notices_of(material, board, units, list(judges.values()), sum(task.variants > 1 for task in tasks)),
        judges=tuple(judges.values()),
        board=board,
        pairs=compare(board, units),
        metric_columns=columns,
        metrics=metric_means(units, columns),
        activity=_activity(material.runs, board, units),
        tasks=tasks,
        units=tuple(units),
    )


def _tasks(runs: Sequence[RunMaterial], gallery: Gallery) -> tuple[Task, ...]:
    by_task: dict[tuple[str, str], list[RunMaterial]] = defaultdict(list)
    for run in runs:
        by_task[run.domain, run.task_id].append(run)
    return tuple(_task(*names, by_task[names], gallery) for names in sorted(by_task))


def _task(domain: str, task_id: str, runs: Sequence[RunMaterial], gallery: Gallery) -> Task:
    latest_first = sorted(runs, key=lambda run: run.entry.timestamp, reverse=True)
    given = {(run.run.input.prompt, run.run.provenance and run.run.provenance.first_frame_sha256) for run in runs}
    return Task(
        domain=domain,
        task_id=task_id,
        prompt=latest_first[0].run.input.prompt,
        first_frame=gallery.picture(latest_first, FIRST_FRAME),
        final_frame=gallery.picture(latest_first, FINAL_FRAME),
        variants=len(given),
    )


def _activity(runs: Sequence[RunMaterial], board: Sequence[Row], units: Sequence[Unit]) -> tuple[ModelActivity, ...]:
    by_model: dict[str, list[RunMaterial]] = defaultdict(list)
    for run in runs:
        by_model[run.entry.model].append(run)
    others: Counter[str] = Counter()
    for unit in units:
        others[unit.model] += unit.other_runs
    return tuple(_activity_of(row.model, by_model[row.model], others[row.model]) for row in board)


def _activity_of(model: str, runs: Sequence[RunMaterial], not_counted: int) -> ModelActivity:
    took = [run.entry.duration_seconds for run in runs if run.entry.status == "success"]
    seconds = [value for value in took if value is not None]
    costs = [run.run.cost.amount for run in runs if run.run.cost is not None]
    provenances = [run.run.provenance for run in runs if run.run.provenance is not None]
    return ModelActivity(
        model=model,
        runs=len(runs),
        statuses=dict(sorted(Counter(run.entry.status for run in runs).items())),
        not_counted=not_counted,
        first=min(run.entry.timestamp for run in runs),
        last=max(run.entry.timestamp for run in runs),
        median_seconds=median(seconds) if seconds else None,
        dollars=sum(costs) if costs else None,
        without_cost=len(runs) - len(costs),
        model_ids=tuple(sorted({provenance.model_id for provenance in provenances})),
        package_versions=tuple(sorted({provenance.package_version for provenance in provenances})),
    )
