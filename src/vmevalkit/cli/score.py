"""`vmevalkit score`: measure the videos of runs."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated, get_args

import typer

from vmevalkit.cli.options import (
    AsJson,
    Domains,
    EvaluationsDir,
    Models,
    Outputs,
    Workers,
    evaluation_command,
    evaluations_dir,
    output_dir,
)
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.cli.selection import check_names, choose_runs, split_words
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.progress import progress_for
from vmevalkit.errors import EXIT_INTERRUPTED, InvalidRequestError, MissingExtraError
from vmevalkit.metrics.base import Metric
from vmevalkit.metrics.registry import find_metrics, metrics
from vmevalkit.records.score import Category, ComparabilityKey
from vmevalkit.runner.score_summary import ScoreMean, ScoreSummary, summarise
from vmevalkit.runner.scoring import Scoring, run_scoring

MOST_REASONS = 8
"""Reasons told on a terminal."""


def score(
    outputs: Outputs = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="`no_reference` or `full_reference`; may be repeated. Without: both.", show_default=False),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; may be repeated. See --list.", show_default=False)
    ] = None,
    model: Models = None,
    domain: Domains = None,
    evaluations: EvaluationsDir = None,
    workers: Workers = 1,
    force: Annotated[bool, typer.Option("--force", help="Measure again what has a score.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be scored, and score nothing.")] = False,
    list_metrics: Annotated[bool, typer.Option("--list", help="List the metrics and score nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the videos of runs, each watched once for all metrics. None of them needs weights, a key or a network.

    Scores that still hold are left alone, so the same command resumes where it stopped. A video that cannot be scored
    gets no value and a reason.

    Examples:
      vmevalkit score
      vmevalkit score outputs --category no_reference
      vmevalkit score outputs --metric ssim --metric vmaf --model control-still --json
      vmevalkit score --list
    """
    chosen = _choose_metrics(split_words("category", category or []), split_words("metric", metric or []))
    if list_metrics:
        _show_metrics(chosen, as_json=as_json)
        return
    folder = evaluations_dir(evaluations, outputs)
    scoring = Scoring(chosen, choose_runs(outputs, model or [], domain or []), output_dir(outputs), folder, force)
    _check_installed(chosen, named=bool(metric))
    if dry_run:
        _show_plan(scoring, as_json=as_json)
        return
    with closing(executor_for(workers)) as executor:
        summary = run_scoring(scoring, executor, progress=progress_for(sys.stderr))
    names = {metric.name for metric in chosen}
    summaries = [
        summarise(name, [record for record in scoring.records if record.category == name], names)
        for name in scoring.categories
    ]
    if as_json:
        show_json({"evaluations_dir": folder, "summary": summary, "categories": summaries, "records": scoring.records})
    else:
        _show_means(summaries)
    if summary.exit_code != EXIT_INTERRUPTED:
        hint(evaluation_command("report", outputs, evaluations=evaluations))
    raise typer.Exit(summary.exit_code)


def _choose_metrics(categories: Sequence[str], names: Sequence[str]) -> list[type[Metric]]:
    """The metrics named, else all, of these categories, else of all; raises UnknownNameError, InvalidRequestError."""
    check_names("category", categories, get_args(Category), "vmevalkit score --help")
    check_names("metric", names, metrics().names(), "vmevalkit score --list")
    chosen = find_metrics(categories or get_args(Category), names)
    for name in names:
        if name not in {metric.name for metric in chosen}:
            raise InvalidRequestError(
                f"The metric {name!r} is not of the category {' or '.join(categories)}",
                expected="--metric and --category to agree",
                next_step="Leave out --category",
                field="metric",
                value=name,
            )
    return chosen


def _check_installed(chosen: Sequence[type[Metric]], *, named: bool) -> None:
    """Tell of metrics that need something more to be installed; raises MissingExtraError for one asked for by name."""
    for metric in chosen:
        try:
            metric.implementation()
        except MissingExtraError as error:
            if named:
                raise
            warn(f"{metric.name} is left out. {error}")


def _show_metrics(chosen: Sequence[type[Metric]], *, as_json: bool) -> None:
    columns = ("name", "category", "unit", "direction", "summary")
    facts = [{column: str(getattr(metric, column)) for column in columns} for metric in chosen]
    if as_json:
        show_json({"metrics": facts})
        return
    show_table(["METRIC", "CATEGORY", "UNIT", "BETTER", "MEASURES"], [_listed(fact) for fact in facts], unbroken=4)
    hint("vmevalkit score")


def _listed(fact: dict[str, str]) -> list[str]:
    better = fact["direction"].removesuffix("_is_better").replace("neither", "")
    return [fact["name"], fact["category"], fact["unit"], better, fact["summary"]]


def _show_plan(scoring: Scoring, *, as_json: bool) -> None:
    to_do = [unit for unit in scoring if not scoring.is_settled(unit)]
    if as_json:
        show_json({"to_do": [unit.key for unit in to_do], "done": len(scoring) - len(to_do)})
        return
    missing = [metric.name for unit in to_do for metric in unit.payload.missing()]
    show_table(["METRIC", "TO DO"], [[metric.name, str(missing.count(metric.name))] for metric in scoring.metrics])
    say(f"{len(to_do)} runs to score, {len(scoring) - len(to_do)} done; nothing was scored")


def _show_means(summaries: Sequence[ScoreSummary]) -> None:
    """Show a row per model and a column per metric, or per kind of comparable values where a metric has several."""
    means = [mean for summary in summaries for mean in summary.means if mean.domain is None]
    unscored = [tally for summary in summaries for tally in summary.unscored if tally.domain is None]
    columns = _columns(means)
    cells = {(mean.model, mean.key): f"{mean.mean:.4g}" for mean in means}
    missing: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    for tally in unscored:
        missing[tally.model] += tally.n
        reasons.update({(tally.metric, reason): count for reason, count in tally.reasons.items()})
    rows = [
        [model, *(cells.get((model, key), "") for key in columns), str(missing[model] or "")]
        for model in sorted({mean.model for mean in means} | set(missing))
    ]
    show_table(["MODEL", *columns.values(), "WITHOUT A VALUE"], rows)
    for (metric, reason), count in reasons.most_common(MOST_REASONS):
        say(f"{count} without {metric}: {reason}")
    if len(reasons) > MOST_REASONS:
        say(f"and {len(reasons) - MOST_REASONS} reasons more; --json has them all")


def _columns(means: Sequence[ScoreMean]) -> dict[ComparabilityKey, str]:
    """What each column is called: the metric, and in what it differs from other columns of the same metric."""
    kinds: dict[str, dict[ComparabilityKey, None]] = defaultdict(dict)
    for mean in means:
        kinds[mean.key.metric][mean.key] = None
    return {key: _title(key, list(keys)) for keys in kinds.values() for key in keys}


def _title(key: ComparabilityKey, keys: Sequence[ComparabilityKey]) -> str:
    unlike = [name for name in ComparabilityKey.model_fields if len({getattr(other, name) for other in keys}) > 1]
    told = ", ".join(f"{name} {getattr(key, name)}" for name in unlike)
    return f"{key.metric} ({told})" if told else key.metric
