"""Gathering what a report is made of: the runs of an output tree, with the verdicts and scores they were given."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import get_args

from vmevalkit.errors import IncompatibleRecordError, InvalidRequestError, UnknownNameError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.run import RunEntry
from vmevalkit.records.score import Category, ScoreRecord
from vmevalkit.records.verdict import VerdictRecord
from vmevalkit.report.folder import check_place
from vmevalkit.report.report_material import ModelFacts, ReportMaterial, RunMaterial
from vmevalkit.report.write import WrittenReport, write_report
from vmevalkit.runner.judges import judges
from vmevalkit.settings import get_settings
from vmevalkit.store.evaluations import Evaluations, beside, evaluations_beside
from vmevalkit.store.index import stamp
from vmevalkit.store.layout import RECORD_NAME, RunFolder
from vmevalkit.store.schema import read_run
from vmevalkit.store.tree import DEEPEST_RUN, OutputTree, join, subfolders

REPORT_NAME = "report"


def report_beside(outputs: Path) -> Path:
    """Where the report of an output tree is unless told otherwise."""
    return beside(outputs, REPORT_NAME)


def make_report(
    tree: OutputTree,
    *,
    place: Path | None = None,
    evaluations: Path | None = None,
    models: Collection[str] = (),
    domains: Collection[str] = (),
    title: str | None = None,
) -> WrittenReport:
    """Write the report of an output tree, of all its models and domains or of those named.

    Raises InvalidRequestError when `place` holds something else or there is no such folder of evaluations,
    OutputNotWritableError for a read-only or full disk.
    """
    outputs = tree.layout.root
    place, known = place or report_beside(outputs), evaluations or evaluations_beside(outputs)
    check_place(place, outputs, known)
    if evaluations is not None and not evaluations.is_dir():
        raise _no_evaluations(evaluations)
    material = gather(tree, known, models=models, domains=domains)
    return write_report(material, place, title or f"Report of {outputs.absolute().name}")


def gather(
    tree: OutputTree, evaluations: Path, *, models: Collection[str] = (), domains: Collection[str] = ()
) -> ReportMaterial:
    """What the tree and the evaluations hold about the models and domains named, or about all of them."""
    outputs, known = tree.layout.root, Evaluations(evaluations)
    entries = list(tree.entries())
    chosen = [
        entry
        for entry in entries
        if (not models or entry.model in models) and (not domains or entry.domain_name in domains)
    ]
    found = [run for entry in chosen if (run := _material(outputs, known, entry)) is not None]
    runs = tuple(run for run in found if not _is_untrained(run))
    return ReportMaterial(
        outputs=outputs,
        evaluations=evaluations,
        runs=runs,
        models={model: _facts(model) for model in {run.entry.model for run in runs}},
        folders_left_out=_folders_left_out(outputs, {entry.folder for entry in entries}) + len(chosen) - len(found),
        untrained=Counter(run.entry.model for run in found if _is_untrained(run)),
        generate_command=_generate_command(outputs),
        judge_command=_command("judge", outputs, evaluations),
        score_command=_command("score", outputs, evaluations),
        check_command=shlex.join(["vmevalkit", "runs", "check", "--output-dir", str(outputs)]),
    )


def _material(outputs: Path, known: Evaluations, entry: RunEntry) -> RunMaterial | None:
    """The run and what was said of it; None for a record that was taken away meanwhile."""
    try:
        run = read_run(RunFolder(outputs / entry.folder).record)
    except (IncompatibleRecordError, OSError):
        return None
    verdicts = (known.read(judge, entry.folder, VerdictRecord) for judge in judges().names())
    scores = (known.read(category, entry.folder, ScoreRecord) for category in get_args(Category))
    return RunMaterial(
        entry=entry,
        run=run,
        verdicts=tuple(record for record in verdicts if record is not None),
        scores=tuple(record for record in scores if record is not None),
    )


def _is_untrained(material: RunMaterial) -> bool:
    """Whether the weights were random, as the record says, or the catalog where a run failed before it could."""
    key = material.entry.model
    recipe = catalog().get(key).recipe if key in catalog() else None
    return material.run.untrained or (recipe is not None and recipe.untrained)


def _facts(model: str) -> ModelFacts:
    try:
        entry = catalog().get(model)
    except UnknownNameError:  # made by another tool, or by a plugin that is not installed here
        return ModelFacts(kind=None, description="")
    return ModelFacts(kind=entry.kind, description=entry.description)


def _generate_command(outputs: Path) -> str:
    """The command that runs the controls, which are what runs where no model is named, into this tree."""
    elsewhere = outputs.absolute() != get_settings().output_dir.absolute()
    return shlex.join(["vmevalkit", "generate", "--all-tasks", *(["--output-dir", str(outputs)] if elsewhere else [])])


def _no_evaluations(folder: Path) -> InvalidRequestError:
    return InvalidRequestError(
        f"There is no folder of evaluations at {folder}",
        expected="a folder made by `vmevalkit judge` or `vmevalkit score`",
        next_step="Name it with --evaluations-dir, or leave that out for the one beside the output tree",
        field="evaluations_dir",
        value=str(folder),
    )


def _command(noun: str, outputs: Path, evaluations: Path) -> str:
    """The command that evaluates this tree, as short as it can be."""
    elsewhere = evaluations.absolute() != evaluations_beside(outputs)
    return shlex.join(
        [
            "vmevalkit",
            noun,
            str(outputs),
            *(["--evaluations-dir", str(evaluations)] if elsewhere else []),
        ]
    )


def _folders_left_out(root: Path, runs: Collection[str]) -> int:
    """Folders at the place of a run that hold none that can be read."""
    return sum(folder not in runs for folder in _run_folders(root, "", 0))


def _run_folders(root: Path, folder: str, depth: int) -> Iterable[str]:
    for child in subfolders(root / folder):
        path = join(folder, child)
        if depth + 1 == DEEPEST_RUN or stamp(f"{root}/{path}/{RECORD_NAME}") is not None:
            yield path
        else:
            yield from _run_folders(root, path, depth + 1)
