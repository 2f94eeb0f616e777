"""What a reader must know before believing a number of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from vmevalkit.records.base import Record
from vmevalkit.report.board import Row
from vmevalkit.report.judging import DomainJudge
from vmevalkit.report.report_material import ReportMaterial
from vmevalkit.report.units import Unit
from vmevalkit.report.wording import count


class Notice(Record):
    """Something to know."""

    level: Literal["warning", "note"]
    """`warning`: numbers may be wrong. `note`: they are right as far as they go."""
    text: str
    """What it is."""
    command: str | None = None
    """The command that mends it."""


def notices_of(
    material: ReportMaterial,
    board: Sequence[Row],
    units: Sequence[Unit],
    judges: Sequence[DomainJudge],
    changed_tasks: int,
) -> tuple[Notice, ...]:
    """The notices, warnings first."""
    found = [
        *_about_controls(material, board),
        *_about_tasks(changed_tasks),
        *_about_verdicts(material, units, judges),
        *_about_runs(material, units),
    ]
    return tuple(sorted(found, key=lambda notice: notice.level != "warning"))


def _about_controls(material: ReportMaterial, board: Sequence[Row]) -> Iterator[Notice]:
    for row in board:
        for cell in row.cells:
            if row.role == "floor" and cell.solved:
                text = (
                    f"{row.model} counts as having solved {cell.solved} of {cell.n} in {cell.domain}, although nothing "
                    "happens in its videos: do not trust the judge there."
                )
                yield Notice(level="warning", text=text)
            if row.role == "ceiling" and cell.not_solved + cell.unreadable:
                text = (
                    f"{row.model} shows the solution itself, yet {cell.not_solved + cell.unreadable} of {cell.n} in "
                    f"{cell.domain} count as not solved: do not trust the judge there."
                )
                yield Notice(level="warning", text=text)
            if row.role == "ceiling" and cell.failed + cell.refused:
                text = (
                    f"{row.model} made no video for {cell.failed + cell.refused} of {cell.n} in {cell.domain}: those "
                    "tasks have no solution to check the judge with."
                )
                yield Notice(level="warning", text=text)
    if not any(row.role in {"floor", "ceiling"} for row in board):
        text = "No control was run, so nothing here checks the judges."
        yield Notice(level="note", text=text, command=material.generate_command)


def _about_tasks(changed: int) -> Iterator[Notice]:
    if changed:
        text = (
            f"{count(changed, 'task')} had different prompts or first frames in different runs: those runs are not "
            "comparable. Their pages say which."
        )
        yield Notice(level="warning", text=text)


def _about_verdicts(material: ReportMaterial, units: Sequence[Unit], judges: Sequence[DomainJudge]) -> Iterator[Notice]:
    for standing, told in (
        ("unjudged", "not judged yet; there is no rate where one is missing"),
        ("unscored", "that could not be judged, and not by its own fault; left out of every rate"),
    ):
        found = Counter(unit.domain for unit in units if unit.standing == standing)
        if found:
            where = ", ".join(f"{number} in {domain}" for domain, number in sorted(found.items()))
            text = f"{count(found.total(), 'video')} {told}: {where}."
            yield Notice(level="warning", text=text, command=material.judge_command)
    weak = [judge.domain for judge in judges if judge.is_weak]
    if weak:
        text = (
            f"Weaker evidence in {', '.join(weak)}: no rules were checked there, only how alike the last frame is to "
            "the task's final frame."
        )
        yield Notice(level="note", text=text)
    for judge in judges:
        if judge.set_aside:
            told = ", ".join(f"{number} by {name}" for name, number in judge.set_aside.items())
            text = f"Verdicts of unlike judges in {judge.domain}: set aside {told}."
            yield Notice(level="warning", text=text, command=material.judge_command)
    if not any(unit.scores for unit in units):
        yield Notice(level="note", text="No metric was computed.", command=material.score_command)


def _about_runs(material: ReportMaterial, units: Sequence[Unit]) -> Iterator[Notice]:
    for model, number in sorted(material.untrained.items()):
        text = f"{count(number, 'run')} of {model} left out: its weights are untrained, so its videos mean nothing."
        yield Notice(level="note", text=text)
    unfinished = sum(unit.standing == "unfinished" for unit in units)
    if unfinished:
        text = f"{count(unfinished, 'run')} interrupted or with an answer that was lost, left out of every rate."
        yield Notice(level="note", text=text)
    if material.folders_left_out:
        text = f"{count(material.folders_left_out, 'folder')} of the output tree left out: no whole run is in there."
        yield Notice(level="note", text=text, command=material.check_command)
    replaced = sum(unit.other_runs for unit in units)
    if replaced:
        text = (
            f"{count(replaced, 'run')} not counted: of equal requests the latest success counts, else the latest "
            "failure; of unlike requests for one sample, the latest."
        )
        yield Notice(level="note", text=text)
