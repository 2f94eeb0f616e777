"""The pages of a report: an index, a page for each domain and one for each task, none of them too large to open."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vmevalkit.report import wording
from vmevalkit.report.document import Report, Task
from vmevalkit.report.judging import DomainJudge
from vmevalkit.report.metric_means import column_numbers, signature
from vmevalkit.report.paging import ROOM, ROOM_BESIDE_OTHERS, Beginning, beginning, numbered, split
from vmevalkit.report.plot import TICKS, Plot, domain_plot, overall_plot
from vmevalkit.report.statistics import SIGNIFICANCE, least_discordant
from vmevalkit.report.units import Unit, by_task

MOST_CARDS = 60
"""Videos on one page of a task."""
MOST_MODELS = 300
"""Columns of a table with one for each model."""
MARKS_IN_ROW = 400
"""Marks in a row of such a table, shared out evenly, but at least one for each model and at most `MARKS_IN_CELL`."""
MARKS_IN_CELL = 12
LONGEST_TEXT = 4000
"""Characters of a prompt or an error on a page; the whole is in report.json."""

MARKS = {
    "solved": ("●", "solved"),
    "not_solved": ("○", "not solved"),
    "unreadable": ("◍", "unreadable video"),
    "failed": ("✕", "failed"),
    "refused": ("⊘", "refused"),
    "unjudged": ("◌", "not judged yet"),
    "unscored": ("?", "unscored"),
    "unfinished": ("…", "unfinished"),
}
"""The mark and the words for each standing: told apart by shape, not by color alone."""

Page = tuple[str, bytes]


@dataclass(frozen=True)
class Export:
    """A file to download."""

    name: str
    """Its name, beside the index."""
    size: int
    """Its bytes."""


def render_pages(report: Report, exports: Sequence[Export], left_out: str | None) -> Iterator[Page]:
    """Every page and what they need, as places relative to the report's folder and contents."""
    for item in files("vmevalkit.report").joinpath("static").iterdir():
        yield f"static/{item.name}", item.read_bytes()
    yield from _Pages(report).render(exports, left_out)


class _Pages:
    """One rendering of a report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.environment = _environment(report)
        self.fragments: Any = self.environment.get_template("fragments.html").module
        self.domain_pages = {domain: f"domains/{wording.file_name(domain)}.html" for domain in report.domains}
        self.environment.globals["domain_pages"] = self.domain_pages
        self.order = {row.model: place for place, row in enumerate(report.board)}
        self.numbers = {id(unit): number for number, unit in enumerate(report.units)}
        self.task_units = by_task(report.units)
        self.hrefs: dict[int, str] = {}
        self.task_names = {
            (task.domain, task.task_id): f"tasks/{wording.file_name(task.domain, task.task_id)}.html"
            for task in report.tasks
        }

    def render(self, exports: Sequence[Export], left_out: str | None) -> Iterator[Page]:
        """Task pages first: the others link to places in them."""
        for domain in self.report.domains:
            tasks = [task for task in self.report.tasks if task.domain == domain]
            for place, task in enumerate(tasks):
                before = tasks[place - 1] if place else None
                yield from self._task(task, before, tasks[place + 1] if place + 1 < len(tasks) else None)
            yield from self._domain(domain, tasks)
        yield from self._index(exports, left_out)

    def _page(self, name: str, template: str, **context: object) -> Page:
        root = "../" * name.count("/")
        content = self.environment.get_template(template).render(root=root, page=name, **context)
        return name, content.encode("utf-8", "replace")

    def _task(self, task: Task, before: Task | None, after: Task | None) -> Iterator[Page]:
        units = sorted(self.task_units[task.domain, task.task_id], key=lambda unit: self.order[unit.model])
        name = self.task_names[task.domain, task.task_id]
        parts = list(split([(self._card(unit, task), unit) for unit in units], ROOM, MOST_CARDS))
        names = numbered(name, len(parts))
        for part, place in zip(parts, names, strict=True):
            for _, unit in part:
                self.hrefs[id(unit)] = f"{place}#u{self.numbers[id(unit)]}"
        for part, place in zip(parts, names, strict=True):
            yield self._page(
                place,
                "task.html",
                task=task,
                cards=[card for card, _ in part],
                places=names,
                neighbours=[
                    (word, other, self._name(other)) for word, other in (("Previous", before), ("Next", after))
                ],
                overview=[(unit, self.hrefs[id(unit)].removeprefix("tasks/")) for unit in units[:MOST_CARDS]],
            )

    def _name(self, task: Task | None) -> str | None:
        return self.task_names[task.domain, task.task_id] if task else None

    def _card(self, unit: Unit, task: Task) -> Markup:
        numbers = column_numbers(self.report.metric_columns)
        columns = [numbers.get(signature(score)) for score in unit.scores]
        labels = [None if number is None else self.report.metric_columns[number].label for number in columns]
        scores = [
            (label or score.key.metric, score) for label, score in zip(labels, unit.scores, strict=True)
        ]  # a score without a value belongs to no column in particular
        return Markup(self.fragments.card(unit, f"u{self.numbers[id(unit)]}", task, scores))  # noqa: S704 (a macro's own)

    def _domain(self, domain: str, tasks: Sequence[Task]) -> Iterator[Page]:
        rows = [self._task_row(task) for task in tasks]
        parts = list(split([(row, None) for row in rows], ROOM - 2 * ROOM_BESIDE_OTHERS)) or [[]]
        names = numbered(self.domain_pages[domain], len(parts))
        judge = next(judge for judge in self.report.judges if judge.domain == domain)
        tables = {
            "domain_board": [
                self.fragments.domain_row(row, cell)
                for row in self.report.board
                for cell in row.cells
                if cell.domain == domain
            ],
            "metrics": self._metric_rows(domain),
        }
        shown = yield from self._begin(tables, f"{wording.file_name(domain)}-", judge)
        for number, (part, name) in enumerate(zip(parts, names, strict=True)):
            yield self._page(
                name,
                "domain.html",
                judge=judge,
                is_first=number == 0,
                tables=shown,
                plot=_small(domain_plot(self.report.board, domain, weak=judge.is_weak)),
                task_rows=[row for row, _ in part],
                models=[row.model for row in self.report.board[:MOST_MODELS]],
                places=names,
                tasks=len(tasks),
            )

    def _task_row(self, task: Task) -> Markup:
        units = self.task_units[task.domain, task.task_id]
        by_model: dict[str, list[tuple[Unit, str]]] = {row.model: [] for row in self.report.board}
        for unit in units:
            by_model[unit.model].append((unit, self.hrefs[id(unit)]))
        cells = list(by_model.values())[:MOST_MODELS]
        most = max(1, min(MARKS_IN_CELL, MARKS_IN_ROW // max(1, len(cells))))
        standings = {unit.standing == "solved" for unit in units if unit.is_counted}
        return Markup(  # noqa: S704 (a macro's own)
            self.fragments.task_row(task, self._name(task), cells, most, disagree=len(standings) > 1)
        )

    def _metric_rows(self, domain: str | None) -> list[Markup]:
        """The rows of models that have values in the columns that belong on boards."""
        means = {(mean.model, mean.column): mean for mean in self.report.metrics if mean.domain == domain}
        shown = [number for number, column in enumerate(self.report.metric_columns) if not column.untrained_weights]
        rows = [(row, [means.get((row.model, number)) for number in shown]) for row in self.report.board]
        return [self.fragments.metric_row(row, values) for row, values in rows if any(values)]

    def _index(self, exports: Sequence[Export], left_out: str | None) -> Iterator[Page]:
        fragments, columns = self.fragments, self.report.metric_columns
        tables = {
            "board": [fragments.board_row(row) for row in self.report.board],
            "pairs": [fragments.pair_row(pair) for pair in self.report.pairs],
            "metrics": self._metric_rows(None),
            "activity": [fragments.activity_row(told) for told in self.report.activity],
        }
        shown = yield from self._begin(tables, "", None)
        yield self._page(
            "index.html",
            "index.html",
            tables=shown,
            plot=_small(overall_plot(self.report.board)),
            exports=exports,
            left_out=left_out,
            untrained=sum(column.untrained_weights for column in columns),
            needed=least_discordant(len(self.report.pairs)),
            alpha=SIGNIFICANCE,
            repeated=len(self.report.units) > len({(unit.model, *unit.task) for unit in self.report.units}),
        )

    def _begin(
        self, tables: Mapping[str, list[Markup]], prefix: str, judge: DomainJudge | None
    ) -> Generator[Page, None, dict[str, Beginning]]:
        """What fits of each table on the page that has them all; yields the pages of those that do not fit."""
        shown: dict[str, Beginning] = {}
        for table, rows in tables.items():
            place = f"tables/{prefix}{table.replace('_', '-')}.html"
            shown[table] = beginning(rows, place)
            if shown[table].more:
                yield from self._table(table, rows, place, judge)
        return shown

    def _table(self, table: str, rows: Sequence[Markup], place: str, judge: DomainJudge | None) -> Iterator[Page]:
        parts = list(split([(row, None) for row in rows], ROOM))
        names = numbered(place, len(parts))
        for part, name in zip(parts, names, strict=True):
            yield self._page(name, "table.html", table=table, rows=[row for row, _ in part], places=names, judge=judge)


def _environment(report: Report) -> Environment:
    environment = Environment(
        loader=PackageLoader("vmevalkit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {
            "percent": wording.percent,
            "span": wording.span,
            "points": wording.points,
            "p_text": wording.p_text,
            "number": wording.number,
            "measured": wording.measured,
            "money": wording.money,
            "seconds": wording.seconds,
            "moment": wording.moment,
            "clip": wording.clip,
            "ranges": wording.ranges,
            "counted": wording.count,
        }
    )
    environment.globals.update(report=report, marks=MARKS, ticks=TICKS, longest=LONGEST_TEXT)
    return environment


def _small(plot: Plot) -> Plot | None:
    """The plot where there is something on it, and not too much to see."""
    return plot if 0 < len(plot.marks) <= 80 else None
