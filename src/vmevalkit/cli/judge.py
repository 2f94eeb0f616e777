"""`vmevalkit judge`: say of every run whether it solved its task, and why."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.options import (
    AsJson,
    Domains,
    EvaluationsDir,
    Models,
    Outputs,
    Workers,
    command,
    evaluation_command,
    evaluations_dir,
    output_dir,
)
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.cli.selection import check_names, choose_runs, split_words
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.progress import progress_for
from vmevalkit.errors import EXIT_INTERRUPTED
from vmevalkit.records.verdict import VerdictTally
from vmevalkit.runner.judges import judges
from vmevalkit.runner.judging import Judging, run_judging
from vmevalkit.runner.verdict_summary import summarise


def judge(
    outputs: Outputs = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--judge", help="`rules` or `goal_frame`; may be repeated. Without: both.", show_default=False),
    ] = None,
    model: Models = None,
    domain: Domains = None,
    evaluations: EvaluationsDir = None,
    force: Annotated[bool, typer.Option("--force", help="Judge again what has a verdict.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be judged, and judge nothing.")] = False,
    workers: Workers = 1,
    as_json: AsJson = False,
) -> None:
    """Say of every run whether it solved its task, and why, without any model.

    `rules` reads the puzzle from the video's pixels and checks each step (chess, maze, raven, rotation, sudoku).
    `goal_frame` compares with the task's final frame, whatever the domain: weaker evidence.
    Verdicts that still hold are left alone, so the same command resumes where it stopped.

    Examples:
      vmevalkit judge
      vmevalkit judge outputs --judge rules
      vmevalkit judge outputs --judge goal_frame --model control-still --json
    """
    chosen = split_words("judge", names or []) or judges().names()
    check_names("judge", chosen, judges().names(), command("judge --help"))
    runs = choose_runs(outputs, model or [], domain or [])
    folder = evaluations_dir(evaluations, outputs)
    judging = Judging(chosen, runs, output_dir(outputs), folder, force)
    for name in chosen:
        for domain_name, count in judging.without_judge(name).items():
            warn(_nothing_to_say(name, domain_name, count, "goal_frame" in chosen, outputs))
    if dry_run:
        _show_plan(judging, as_json=as_json)
        return
    with closing(executor_for(workers)) as executor:
        summary = run_judging(judging, executor, progress=progress_for(sys.stderr))
    summaries = [summarise(name, judging.of(name)) for name in chosen]
    if as_json:
        show_json({"evaluations_dir": folder, "summary": summary, "judges": summaries, "verdicts": judging.records})
    else:
        columns = ["MODEL", "DOMAIN", "JUDGE", "SOLVED", "VIDEOS", "UNSCORED", "MEAN SCORE", "MOST OFTEN BROKEN"]
        show_table(columns, [_row(told.judge, tally) for told in summaries for tally in told.tallies])
    lost = summary.failed - sum(record.verdict.at_fault in {"task", "judge"} for record in judging.records)
    unscored = sum(tally.unscored for told in summaries for tally in told.tallies) + lost
    if unscored:
        say(f"{unscored} verdicts could not be given; each record in {folder} says why")
    if summary.exit_code != EXIT_INTERRUPTED:
        hint(evaluation_command("report", outputs, evaluations=evaluations))
    raise typer.Exit(summary.exit_code)


def _show_plan(judging: Judging, *, as_json: bool) -> None:
    to_do = [unit for unit in judging if not judging.is_settled(unit)]
    if as_json:
        show_json({"to_do": [unit.key for unit in to_do], "done": len(judging.records)})
        return
    counts = {name: sum(unit.payload.judge == name for unit in to_do) for name in judging.judges}
    rows = [[name, str(count), str(len(judging.of(name)))] for name, count in counts.items()]
    show_table(["JUDGE", "TO DO", "DONE"], rows)
    say(f"{len(to_do)} verdicts to give; nothing was judged")


def _row(judge: str, tally: VerdictTally) -> list[str]:
    mean = "" if tally.mean_score is None else f"{tally.mean_score:.2f}"
    worst = max(tally.broken, key=lambda name: tally.broken[name], default="")
    numbers = [str(tally.solved), str(tally.videos), str(tally.unscored or "")]
    return [tally.model, tally.domain, judge, *numbers, mean, worst]


def _nothing_to_say(judge: str, domain: str, count: int, is_compared: bool, outputs: Path | None) -> str:
    compared = evaluation_command("judge", outputs, "--judge", "goal_frame", "--domain", domain)
    instead = "they are compared with their final frames" if is_compared else f"compare with final frames: {compared}"
    return f"{judge} has no verifier for the domain {domain!r}, so {count} runs are left out; {instead}"
