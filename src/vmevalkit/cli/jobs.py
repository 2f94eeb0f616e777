"""`vmevalkit jobs`: what is under way at providers, and what was left there."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import timezone
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.model_facts import dollars
from vmevalkit.cli.options import AsJson, OutputDir, command, output_dir
from vmevalkit.cli.output import hint, say, show_json, show_table
from vmevalkit.cli.selection import open_tree
from vmevalkit.engine.progress import progress_for
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.records.job import JobEntry
from vmevalkit.registry import unknown_name
from vmevalkit.report.wording import count
from vmevalkit.runner.identity import is_secret
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.jobs import adopt_jobs, cancel_job, dismiss_job
from vmevalkit.store.jobs import job_entries, run_with_job
from vmevalkit.store.layout import RunFolder

app = typer.Typer(
    no_args_is_help=True,
    help="""See, adopt and cancel jobs at providers.

    A job is open until its video is here and whole, or the provider said that there will be none. A run that was
    killed, interrupted or timed out leaves its job open: `vmevalkit generate` goes on with it, and `jobs adopt` does.

    Examples:
      vmevalkit jobs list
      vmevalkit jobs adopt --all
      vmevalkit jobs cancel RUN
      vmevalkit jobs dismiss RUN
    """,
)

RunId = Annotated[str, typer.Argument(help="The run's id, or its folder below the output root.")]


@app.command("list")
def list_jobs(
    folder: OutputDir = None,
    everything: Annotated[bool, typer.Option("--all", help="Settled jobs too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open jobs.

    Examples:
      vmevalkit jobs list
      vmevalkit jobs list --all --json
    """
    every = _entries(folder)
    entries = [entry for entry in every if everything or entry.phase != "settled"]
    if as_json:
        show_json({"jobs": entries})
        return
    show_table(
        ["RUN", "PROVIDER", "JOB", "PHASE", "STATE", "SINCE", "COST"], [_row(entry) for entry in entries], unbroken=4
    )
    unknown = [entry for entry in entries if entry.phase == "submitting"]
    told = count(len(entries), "job")
    say(told + (f", {len(unknown)} of which the provider may or may not have" if unknown else ""))
    if any(entry.phase == "submitted" for entry in entries):
        hint(command("jobs adopt", "--all", outputs=folder))
    if unknown:
        _tell_ways_out(unknown[0], _name(unknown[0], every), folder)


@app.command("adopt")
def adopt(
    run_id: Annotated[str | None, typer.Argument(help="The run's id, or its folder below the output root.")] = None,
    folder: OutputDir = None,
    everything: Annotated[bool, typer.Option("--all", help="Every job that was submitted and is open.")] = False,
    job_id: Annotated[
        str | None, typer.Option(help="The provider's id of the job, where the run does not know it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Wait for jobs that were left at their providers, and fetch their videos; nothing is submitted.

    Exits with 1 when one of them ended without a video.

    Examples:
      vmevalkit jobs adopt --all
      vmevalkit jobs adopt RUN
      vmevalkit jobs adopt RUN --job-id 3c2f9a0e
    """
    if (run_id is None) != everything or (everything and job_id is not None):
        raise InvalidRequestError(
            "It is not clear which jobs are meant",
            expected="the id of one run, or --all",
            next_step=f"See them with: {command('jobs list', outputs=folder)}",
            field="run_id",
            value=run_id,
        )
    if run_id is None:
        still_open = [entry for entry in _entries(folder) if entry.phase != "settled"]
        entries = [entry for entry in still_open if entry.phase == "submitted"]
        left_out = [entry.run_id for entry in still_open if entry.phase == "submitting"]
    else:
        entries, left_out = [_entry(folder, run_id)], []
    results: list[object] = []
    with InferenceRunner(output_dir(folder)) as runner:
        summary = adopt_jobs(
            runner,
            entries,
            job_id=job_id,
            on_outcome=lambda outcome: results.append(outcome.value or outcome.failure),
            progress=progress_for(sys.stderr),
        )
    if as_json:
        show_json({"summary": summary, "runs": results, "left_out": left_out})
    if left_out:
        say(f"{count(len(left_out), 'job')} left out: the provider's id is not known")
        hint(command("jobs list", outputs=folder))
    raise typer.Exit(summary.exit_code)


@app.command("cancel")
def cancel(run_id: RunId, folder: OutputDir = None, as_json: AsJson = False) -> None:
    """Tell the provider to end the job of a run, where it can be told; work done until then may be charged for.

    Examples:
      vmevalkit jobs cancel RUN
    """
    entry = _entry(folder, run_id)
    with InferenceRunner(output_dir(folder)) as runner:
        cancelled = cancel_job(runner, entry)
    why_not = "its id is not known" if entry.job.id is None else f"{entry.job.provider} cannot be told to"
    if as_json:
        show_json({"run_id": run_id, "cancelled": cancelled})
    else:
        say("the job was ended" if cancelled else f"the job was not ended: {why_not}; it is left as it is")
    raise typer.Exit(0 if cancelled else 1)


@app.command("dismiss")
def dismiss(run_id: RunId, folder: OutputDir = None, as_json: AsJson = False) -> None:
    """Expect nothing more of the job of a run: it leaves the list. The provider is not told; use `cancel` for that.

    Examples:
      vmevalkit jobs dismiss RUN
    """
    entry = _entry(folder, run_id)
    with InferenceRunner(output_dir(folder)) as runner:
        dismiss_job(runner, entry)
    if as_json:
        show_json({"run_id": run_id, "dismissed": entry})
        return
    say("nothing more is expected of the job")
    hint(command("runs show", run_id, outputs=folder))


def _tell_ways_out(entry: JobEntry, run: str, folder: Path | None) -> None:
    """Say what can be done about a job whose id is not known; which of it is right only the provider can tell."""
    if _can_be_found(entry):
        hint(command("jobs adopt", run, outputs=folder))
        return
    say(f"Look for the job of {run} at {entry.job.provider}. If it is there, if it is not, or if nobody can tell:")
    hint(command("jobs adopt", run, "--job-id", "ID", outputs=folder))
    hint(command("generate", *_asked(entry, folder), "--resubmit-unknown", outputs=folder))
    hint(command("jobs dismiss", run, outputs=folder))


def _name(entry: JobEntry, entries: Sequence[JobEntry]) -> str:
    """The id of a job's run, or its folder where several runs have the same id."""
    return entry.run_id if sum(each.run_id == entry.run_id for each in entries) == 1 else entry.folder


def _can_be_found(entry: JobEntry) -> bool:
    """True when the provider can be asked for the job by our own id for it."""
    known = [model.provider for model in find_models() if model.provider is not None]
    return any(provider.finds_jobs for provider in known if provider.name == entry.job.provider)


def _asked(entry: JobEntry, folder: Path | None) -> list[str]:
    """The options that have `generate` ask for the same as a job did."""
    options = ["--model", entry.model, *(["--task-id", entry.task_id] if entry.task_id else ["--all-tasks"])]
    found = run_with_job(RunFolder(output_dir(folder) / entry.folder))
    if found is None or (asked := found.run.provenance) is None:
        return options
    for name, value in asked.parameters_passed.items():
        if not is_secret(name):  # no part of the run's identity, and not written down
            options += ["--parameter", f"{name}={json.dumps(value)}"]
    if asked.sample:
        options += ["--samples-per-task", str(asked.sample + 1)]
    return options if asked.seed is None else [*options, "--seed", str(asked.seed - asked.sample)]


def _entries(folder: Path | None) -> list[JobEntry]:
    with open_tree(folder, "--output-dir") as tree:
        return list(job_entries(tree))


def _entry(folder: Path | None, run_id: str) -> JobEntry:
    entries = _entries(folder)
    found = [entry for entry in entries if run_id in {entry.folder, entry.run_id}]
    list_command = command("jobs list", outputs=folder)
    if not found:
        raise unknown_name("run with a job", run_id, [entry.run_id for entry in entries], list_command)
    if len(found) > 1:
        raise InvalidRequestError(
            f"The run id {run_id!r} names {len(found)} runs: {', '.join(entry.folder for entry in found)}",
            expected="the folder of one of them",
            next_step=f"`{list_command} --json` shows their folders",
            field="run_id",
            value=run_id,
        )
    return found[0]


def _row(entry: JobEntry) -> list[str]:
    cost = "unknown" if entry.cost is None else f"{dollars(entry.cost.amount)} {entry.cost.source}"
    since = entry.since.astimezone(timezone.utc).isoformat(sep=" ", timespec="seconds")
    return [entry.run_id, entry.job.provider, entry.job.id or "?", entry.phase, entry.state or "", since, cost]
