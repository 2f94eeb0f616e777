"""The report as flat tables: one row for each model and domain, and one for each unit."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from vmevalkit.report.board import Cell, Overall, Row
from vmevalkit.report.document import Report
from vmevalkit.report.metric_means import column_numbers, signature
from vmevalkit.report.units import Unit

Value = str | int | float | bool | None
Table = Sequence[Mapping[str, Value]]

OVERALL, POOLED = "(mean of domains)", "(pooled)"
"""What the column `domain` says in rows that are about all of them."""


def board_table(report: Report) -> Table:
    """One row for each model and domain, then its mean of domains and all its units pooled."""
    rows: list[Mapping[str, Value]] = []
    for row in report.board:
        rows += [_cell(row, cell, str(cell.domain)) for cell in row.cells]
        rows += [_overall(row, row.overall), _cell(row, row.pooled, POOLED)]
    return rows


def runs_table(report: Report) -> Table:
    """One row for each unit, with a column for each metric."""
    labels = [f"metric: {column.label}" for column in report.metric_columns]
    numbers = column_numbers(report.metric_columns)
    rows = []
    for unit in report.units:
        values: dict[str, Value] = dict.fromkeys(labels)
        valued = [score for score in unit.scores if score.value is not None]
        values.update({labels[numbers[signature(score)]]: score.value for score in valued})
        rows.append({**_unit(unit), **values})
    return rows


def as_csv(table: Table) -> bytes:
    """The table as CSV in UTF-8; empty cells are missing values.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if table:
        writer.writerow([_harmless(name) for name in table[0]])
    writer.writerows([_harmless(value) for value in row.values()] for row in table)
    return out.getvalue().encode("utf-8", "replace")


def _harmless(value: Value) -> Value:
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return str(value).lower() if isinstance(value, bool) else value


def _cell(row: Row, cell: Cell, domain: str) -> Mapping[str, Value]:
    return {
        "model": row.model,
        "role": row.role,
        "domain": domain,
        "rate": cell.rate,
        "rate_low": cell.interval.low if cell.interval else None,
        "rate_high": cell.interval.high if cell.interval else None,
        "interval": cell.interval.method if cell.interval else None,
        "n": cell.n,
        "tasks": cell.tasks,
        "solved": cell.solved,
        "not_solved": cell.not_solved,
        "unreadable": cell.unreadable,
        "failed": cell.failed,
        "refused": cell.refused,
        "unjudged": cell.unjudged,
        "unscored": cell.unscored,
        "unfinished": cell.unfinished,
        "credit": cell.credit,
        "credit_low": cell.credit_interval.low if cell.credit_interval else None,
        "credit_high": cell.credit_interval.high if cell.credit_interval else None,
        "weaker_evidence": cell.weak,
    }


def _overall(row: Row, overall: Overall) -> Mapping[str, Value]:
    empty: dict[str, Value] = dict.fromkeys(_cell(row, row.pooled, POOLED))
    return {
        **empty,
        "model": row.model,
        "role": row.role,
        "domain": OVERALL,
        "rate": overall.rate,
        "rate_low": overall.interval.low if overall.interval else None,
        "rate_high": overall.interval.high if overall.interval else None,
        "interval": overall.interval.method if overall.interval else None,
        "weaker_evidence": row.pooled.weak,
    }


def _unit(unit: Unit) -> Mapping[str, Value]:
    return {
        "model": unit.model,
        "domain": unit.domain,
        "task_id": unit.task_id,
        "sample": unit.sample,
        "seed": unit.seed,
        "status": unit.status,
        "standing": unit.standing,
        "counted": unit.is_counted,
        "solved": unit.standing == "solved" if unit.is_counted else None,
        "credit": unit.credit,
        "judge": unit.judge.implementation if unit.judge else None,
        "evidence": unit.evidence,
        "reason": unit.reason,
        "run_id": unit.run_id,
        "folder": unit.folder,
        "video": unit.video,
        "started": unit.started.isoformat(),
        "seconds": unit.seconds,
        "dollars": unit.cost.amount if unit.cost else None,
    }
