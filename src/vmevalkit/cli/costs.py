"""`vmevalkit costs`: what runs cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vmevalkit.cli.options import AsJson, Domains, Models, Outputs, command
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.cli.selection import choose_runs, open_tree, split_words
from vmevalkit.records.run import Run
from vmevalkit.report.wording import count
from vmevalkit.runner.ledger import Ledger, Spending, ledger, unrecorded_runs
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run

ALL_MODELS = "all"


def costs(outputs: Outputs = None, model: Models = None, domain: Domains = None, as_json: AsJson = False) -> None:
    """See what runs cost, by model: US dollars as the provider told, and by forecast where it told nothing.

    RUNS counts every run, also one that ended before anything was submitted. PERHAPS is what runs without a video may
    have cost: their job was taken, and nobody told whether it was charged.
    Controls and models that run here are free. Runs whose price is unknown are counted apart, and are in no sum.

    Examples:
      vmevalkit costs
      vmevalkit costs outputs --model runway-gen4-turbo
      vmevalkit costs outputs --domain maze --json
    """
    spent = ledger(_chosen_runs(outputs, model or [], domain or []))
    if as_json:
        show_json({"models": spent.models, "total": spent.total})
        return
    columns = ["MODEL", "RUNS", "VIDEOS", "SECONDS", "TOLD $", "FORECAST $", "PERHAPS $", "$ PER VIDEO", "NO PRICE"]
    show_table(columns, [_row(each) for each in (*spent.models, spent.total)])
    _tell(spent, outputs)


def _chosen_runs(outputs: Path | None, models: Sequence[str], domains: Sequence[str]) -> Iterator[Run]:
    for chosen in choose_runs(outputs, models, domains):
        yield read_run(RunFolder(chosen.outputs / chosen.entry.folder).record)
    models, domains = split_words("model", models), split_words("domain", domains)
    with open_tree(outputs) as tree:
        for run in unrecorded_runs(tree):
            is_of_model = not models or run.inference.model in models
            if is_of_model and (not domains or (run.input.task_category or "unknown") in domains):
                yield run


def _row(spending: Spending) -> list[str]:
    rate = spending.per_video
    return [
        spending.model or ALL_MODELS,
        str(spending.runs),
        str(spending.videos),
        f"{spending.seconds:.1f}",
        f"{spending.told:.2f}",
        f"{spending.forecast:.2f}",
        f"{spending.perhaps:.2f}",
        "" if rate is None else f"{rate:.4f} {spending.per_video_basis or 'free'}",
        str(len(spending.unpriced) or ""),
    ]


def _tell(spent: Ledger, outputs: Path | None) -> None:
    total = spent.total
    say(
        f"${total.told:.2f} told by providers and ${total.forecast:.2f} by forecast, for {count(total.videos, 'video')}"
    )
    if total.perhaps_runs:
        say(f"Perhaps ${total.perhaps:.2f} more, for {count(total.perhaps_runs, 'run')} without a video, by forecast")
    if total.unspent_runs:
        reasons = "nothing was submitted, it was turned away, or the model runs here"
        say(f"{count(total.unspent_runs, 'run')} without a video cost nothing: {reasons}")
    for each in spent.models:
        if each.unpriced:
            runs = count(len(each.unpriced), "run")
            warn(f"no price is known for {runs} of {each.model}, in no sum; --json names them")
    hint(command("jobs list --all" if total.perhaps_runs else "runs list", outputs=outputs))
