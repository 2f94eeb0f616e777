"""`vmevalkit report`: one folder that shows who solved what, why, and whether the difference is luck."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.options import AsJson, Domains, EvaluationsDir, Models, Outputs, command
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.cli.selection import check_names, open_tree, split_words
from vmevalkit.report.board import Row
from vmevalkit.report.wording import percent, span
from vmevalkit.report.write import WrittenReport
from vmevalkit.runner.reporting import make_report


def report(
    outputs: Outputs = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write. Default: beside the output tree.")] = None,
    evaluations: EvaluationsDir = None,
    model: Models = None,
    domain: Domains = None,
    title: Annotated[str | None, typer.Option(help="Title of the report.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a folder to open in a browser: models × domains with intervals, paired differences, every video.

    Reads runs, verdicts and scores as they are; what is missing is left out, and the report says which command makes
    it. An earlier report in the same place is replaced. Open index.html; nothing is fetched from anywhere.

    Examples:
      vmevalkit report
      vmevalkit report outputs --to paper/report --title "Ten models, five puzzles"
      vmevalkit report outputs --model control-oracle --domain maze --json
    """
    models, domains = split_words("model", model or []), split_words("domain", domain or [])
    with open_tree(outputs) as tree:
        entries = list(tree.entries())
        list_command = command("runs list", outputs=outputs)
        check_names("model", models, {entry.model for entry in entries}, list_command)
        check_names("domain", domains, {entry.domain_name for entry in entries}, list_command)
        written = make_report(tree, place=to, evaluations=evaluations, models=models, domains=domains, title=title)
    if as_json:
        show_json(_facts(written))
    else:
        show_table(
            ["MODEL", "ALL DOMAINS", "INTERVAL", "SOLVED", "OF", "NOT JUDGED", "UNSCORED"],
            list(map(_row, written.report.board)),
        )
    for notice in written.report.notices:
        told = f"{notice.text} Run: {notice.command}" if notice.command else notice.text
        (warn if notice.level == "warning" else say)(told)
    if written.left_out:
        say(written.left_out)
    say(f"Report of {len(written.report.units)} runs on {written.pages} pages: {written.folder}")
    hint(f"open {written.index}")


def _facts(written: WrittenReport) -> dict[str, object]:
    told = written.report
    return {
        "report": written.folder,
        "index": written.index,
        "pages": written.pages,
        "runs": len(told.units),
        "notices": told.notices,
        "board": told.board,
        "pairs": told.pairs,
        "left_out": written.left_out,
    }


def _row(row: Row) -> list[str]:
    overall, pooled = row.overall, row.pooled
    interval = span(overall.interval.low, overall.interval.high, pooled.n) if overall.interval else ""
    rate = percent(overall.rate, pooled.n)
    numbers = [str(pooled.solved), str(pooled.n), str(pooled.unjudged or ""), str(pooled.unscored or "")]
    return [row.model, rate, interval, *numbers]
