"""`vmevalkit runs`: list, look at and verify runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.options import AsJson, OutputDir, Sheet, command
from vmevalkit.cli.output import hint, say, show_json, show_table
from vmevalkit.cli.selection import check_names, open_tree, split_words
from vmevalkit.cli.sheet import write_sheet
from vmevalkit.errors import UnreadableVideoError
from vmevalkit.records.generation import RunStatus
from vmevalkit.records.run import Run, RunEntry
from vmevalkit.store.audit import audit
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree

app = typer.Typer(
    no_args_is_help=True,
    help="""List, look at and verify runs.

    Examples:
      vmevalkit runs list --status failed
      vmevalkit runs show RUN --sheet run.png
      vmevalkit runs check
    """,
)


@app.command("list")
def list_runs(
    folder: OutputDir = None,
    model: Annotated[list[str] | None, typer.Option(help="Only this model; may be repeated.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    status: Annotated[RunStatus | None, typer.Option(help="Only runs that ended so.")] = None,
    as_json: AsJson = False,
) -> None:
    """List runs, failed ones included.

    Examples:
      vmevalkit runs list
      vmevalkit runs list --model control-still --status failed
      vmevalkit runs list --json
    """
    models, domains = split_words("model", model or []), split_words("domain", domain or [])
    with _tree(folder) as tree:
        everything = list(tree.entries())
    check_names("model", models, {entry.model for entry in everything}, command("runs list", outputs=folder))
    check_names("domain", domains, {entry.domain_name for entry in everything}, command("runs list", outputs=folder))
    entries = [
        entry
        for entry in everything
        if (not models or entry.model in models)
        and (not domains or entry.domain_name in domains)
        and status in {None, entry.status}
    ]
    if as_json:
        show_json({"runs": entries})
        return
    rows = [_row(entry) for entry in entries]
    show_table(["RUN", "STATUS", "SECONDS", "ERROR"], rows, unbroken=3)
    counts = Counter(entry.status for entry in entries)
    say(", ".join(f"{count} {name}" for name, count in counts.most_common()) or "no runs")
    if entries:
        look_at = next((entry for entry in entries if entry.video_path), entries[0])
        sheet = ["--sheet", "run.png"] if look_at.video_path else []
        hint(command("runs show", look_at.run_id, *sheet, outputs=folder))


@app.command("show")
def show_run(
    run_id: Annotated[str, typer.Argument(help="The run's id, or its folder below the output root.")],
    folder: OutputDir = None,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> None:
    """Show the record of a run, and its video as a picture.

    Examples:
      vmevalkit runs show control-still_maze_0000_20260301_120000
      vmevalkit runs show RUN --sheet run.png
      vmevalkit runs show RUN --json
    """
    with _tree(folder) as tree:
        place, run = tree.find(run_id)
    if as_json:
        show_json(run.model_dump(mode="json"))
    else:
        made, video = run.output.video, run.output.video_path
        rows = [
            ["folder", str(place.path)],
            ["model", run.inference.model],
            ["task", run.input.question_id or ""],
            ["status", run.inference.status],
            ["started", run.inference.timestamp.isoformat(timespec="seconds")],
            ["seconds", _seconds(run.inference.duration_seconds)],
            ["tries", str(len(run.attempts))],
            ["error", run.inference.error or ""],
            ["video", f"{place.path / video}" if video else ""],
            ["holds", f"{made.frame_count} frames, {made.width} x {made.height}, {made.fps:g} fps" if made else ""],
            ["prompt", run.input.prompt],
        ]
        show_table(["FIELD", "VALUE"], [row for row in rows if row[1]])
    if sheet is not None:
        if run.output.video_path is None:
            raise _no_video(run, place, folder)
        write_sheet(place.path / run.output.video_path, sheet)


@app.command("check")
def check(folder: OutputDir = None, as_json: AsJson = False) -> None:
    """Read every record, hash every video again, and name what is not a whole run.

    Exits with 1 when there is something to mend.

    Examples:
      vmevalkit runs check
      vmevalkit runs check --output-dir outputs --json
    """
    with _tree(folder) as tree:
        runs, problems = audit(tree)
    if as_json:
        show_json({"runs": runs, "problems": problems})
    else:
        show_table(["FOLDER", "KIND", "PROBLEM"], [[p.folder, p.kind, p.message] for p in problems])
        say(f"{runs} runs read, {len(problems)} problems")
    harmless = {"in_progress", "unverified"}
    raise typer.Exit(1 if any(problem.kind not in harmless for problem in problems) else 0)


def _tree(given: Path | None) -> OutputTree:
    return open_tree(given, "--output-dir")


def _no_video(run: Run, place: RunFolder, given: Path | None) -> UnreadableVideoError:
    task = ["--task-id", run.input.question_id] if run.input.question_id else []
    retry = command("generate", "--model", run.inference.model, *task, "--retry-failed", outputs=given)
    return UnreadableVideoError(
        f"The run {run.inference.run_id} has no video: its status is {run.inference.status}",
        expected="a run that succeeded",
        next_step=f"Try it again with: {retry}",
        path=str(place.path),
        reason="no video",
    )


def _row(entry: RunEntry) -> list[str]:
    return [entry.run_id, entry.status, _seconds(entry.duration_seconds), entry.error or ""]


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
