"""The board: models × domains, with failures in the denominator and shown apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Literal, get_args

from vmevalkit.records.base import Record
from vmevalkit.records.model import Kind
from vmevalkit.records.score import Interval
from vmevalkit.report.judging import DomainJudge
from vmevalkit.report.report_material import ModelFacts
from vmevalkit.report.statistics import LEVEL, Range, clustered_wilson, mean_interval, mean_of_rates, within
from vmevalkit.report.units import Standing, Unit, by_task

Role = Literal["model", "floor", "ceiling", "control"]
"""What a row is there for: a model to be compared, or a control that says how far the numbers can be trusted."""

_ROLES: dict[str, Role] = {"control-still": "floor", "control-oracle": "ceiling", "control-crossfade": "control"}


class Cell(Record):
    """One model in one domain, or in all of them together."""

    model: str
    """Catalog key of the model."""
    domain: str | None
    """The domain; None for all units of the model pooled."""
    n: int
    """Units in the denominator: those that were judged, and those that failed or were refused."""
    tasks: int
    """Tasks they are about."""
    solved: int
    """Units that were solved."""
    rate: float | None
    """Share solved, 0 to 1; None for n = 0, and as long as anything is `unjudged`: failures alone would make it 0."""
    interval: Interval | None
    """Where the rate probably lies; None without one."""
    credit: float | None
    """Mean partial credit, 0 to 1; None without a rate."""
    credit_interval: Interval | None
    """Where it probably lies; None without it, and where all values are equal or there is one task."""
    not_solved: int
    """Counted: judged, and not solved."""
    unreadable: int
    """Counted as not solved: the video's own fault kept the judge from reading it."""
    failed: int
    """Counted as not solved: the model made no video."""
    refused: int
    """Counted as not solved: the provider's moderation refused."""
    unjudged: int
    """Not counted: there is a video, and it is not judged yet."""
    unscored: int
    """Not counted: the task or the judge kept the video from being judged."""
    unfinished: int
    """Not counted: interrupted, or the answer was lost."""
    weak: bool
    """True when some of it rests on weaker evidence, how alike pictures are."""

    @property
    def when_judged(self) -> int:
        """How many the denominator would have if all that can be judged were."""
        return self.n + self.unjudged


class Overall(Record):
    """One model over all domains, each of which counts the same."""

    rate: float | None
    """Mean of the domains' rates, 0 to 1; None where no domain has one."""
    interval: Interval | None
    """Where it probably lies."""
    domains: int
    """Domains with a rate."""
    of: int
    """Domains on the board; the mean of fewer is not comparable."""

    @property
    def is_whole(self) -> bool:
        """True when every domain of the board is in it."""
        return self.domains == self.of


class Row(Record):
    """One model on the board."""

    model: str
    """Catalog key of the model."""
    kind: Kind | None
    """Served by an API, run from open weights, or an embedded control; None for a model not in the catalog."""
    role: Role
    """What the row is there for."""
    description: str
    """What the catalog says of the model."""
    overall: Overall
    """All domains, each counting the same."""
    pooled: Cell
    """All units together."""
    cells: tuple[Cell, ...]
    """One for each domain of the board, in its order."""


def make_board(
    units: Sequence[Unit], judges: Mapping[str, DomainJudge], facts: Mapping[str, ModelFacts]
) -> tuple[Row, ...]:
    """The rows: models first, best first, then controls in the same order."""
    by_model: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        by_model[unit.model].append(unit)
    rows = [_row(model, by_model[model], judges, facts.get(model)) for model in by_model]
    return tuple(sorted(rows, key=_rank))


def _rank(row: Row) -> tuple[bool, bool, float, float, str]:
    overall, pooled = row.overall, row.pooled
    partial = not overall.is_whole
    return row.role != "model", partial, -(overall.rate or 0.0), -(pooled.credit or 0.0), row.model


def role_of(model: str, kind: Kind | None) -> Role:
    """What a model's row is there for."""
    if kind is None:  # not in the catalog here: the names of our own controls are known all the same
        return _ROLES.get(model, "model")
    return _ROLES.get(model, "control") if kind == "control" else "model"


def _row(model: str, units: Sequence[Unit], judges: Mapping[str, DomainJudge], facts: ModelFacts | None) -> Row:
    kind = facts.kind if facts else None
    in_domain = {domain: [unit for unit in units if unit.domain == domain] for domain in judges}
    cells = tuple(_cell(model, domain, in_domain[domain], weak=judges[domain].is_weak) for domain in judges)
    return Row(
        model=model,
        kind=kind,
        role=role_of(model, kind),
        description=facts.description if facts else "",
        overall=_overall(cells),
        pooled=_cell(model, None, units, weak=any(cell.weak for cell in cells if cell.n)),
        cells=cells,
    )


def _cell(model: str, domain: str | None, units: Sequence[Unit], *, weak: bool) -> Cell:
    counted = [unit for unit in units if unit.is_counted]
    standings = Counter(unit.standing for unit in units)
    solved = in_clusters(counted, lambda unit: float(unit.standing == "solved"))
    partial = in_clusters(counted, lambda unit: unit.credit or 0.0)
    n, repeated = len(counted), len(counted) > len(solved)
    is_told = n > 0 and not standings["unjudged"]
    clustered = ", clustered by task" if repeated else ""
    others = [standing for standing in get_args(Standing) if standing != "solved"]
    return Cell(
        model=model,
        domain=domain,
        n=n,
        tasks=len(solved),
        solved=standings["solved"],
        rate=standings["solved"] / n if is_told else None,
        interval=as_interval(clustered_wilson(solved), f"wilson{clustered}") if is_told else None,
        credit=fmean(unit.credit or 0.0 for unit in counted) if is_told else None,
        credit_interval=as_interval(within(mean_interval(partial), 0, 1), f"t{clustered}") if is_told else None,
        weak=weak,
        **{standing: standings[standing] for standing in others},
    )


def _overall(cells: Sequence[Cell]) -> Overall:
    rates = [cell.rate for cell in cells if cell.rate is not None]
    ranges = [Range(cell.interval.low, cell.interval.high) for cell in cells if cell.interval is not None]
    return Overall(
        rate=fmean(rates) if rates else None,
        interval=as_interval(mean_of_rates(rates, ranges), "MOVER of the domains' intervals"),
        domains=len(rates),
        of=len(cells),
    )


def in_clusters(units: Sequence[Unit], value: Callable[[Unit], float]) -> list[list[float]]:
    """The values of the units of each task."""
    return [[value(unit) for unit in cluster] for cluster in by_task(units).values()]


def as_interval(found: Range | None, method: str) -> Interval | None:
    """A range as a record; None for none."""
    return None if found is None else Interval(low=found.low, high=found.high, level=LEVEL, method=method)
