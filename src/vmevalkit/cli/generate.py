"""`vmevalkit generate`: run models on tasks and keep every run."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.atomic import check_writable
from vmevalkit.cli.options import AsJson, OutputDir, QuestionsDir, command, output_dir
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.cli.selection import choose_models, choose_tasks, runnable_tasks
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.progress import progress_for
from vmevalkit.engine.unit import Outcome
from vmevalkit.errors import EXIT_INTERRUPTED, InvalidTaskPairError
from vmevalkit.runner.batch import Batch, BatchOptions, Done, run_batch
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.tasks.questions import DOMAIN_SUFFIX


def generate(
    model: Annotated[
        list[str] | None, typer.Option(help="A model; may be repeated. Without: the embedded controls.")
    ] = None,
    only_model: Annotated[list[str] | None, typer.Option(help="The same as --model.")] = None,
    all_tasks: Annotated[
        bool, typer.Option("--all-tasks", help="Every task, not just the first of each domain.")
    ] = False,
    task_id: Annotated[list[str] | None, typer.Option(help="Only this task; may be repeated.")] = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    folder: QuestionsDir = None,
    outputs: OutputDir = None,
    samples_per_task: Annotated[int, typer.Option(min=1, help="Videos of each task by each model.")] = 1,
    seed: Annotated[int | None, typer.Option(help="For models that take one; each further sample adds one.")] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run again what is done; the earlier runs stay.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes; 1 works in this process.")] = 1,
    gpu: Annotated[str | None, typer.Option(help="GPU for open models, such as 0 or 0,1.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more, with tracebacks of failures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run models on tasks. What is verified done is left alone, so the same command resumes where it stopped.

    Examples:
      vmevalkit generate
      vmevalkit generate --model control-oracle --all-tasks
      vmevalkit generate --model control-still --domain maze --dry-run
      vmevalkit generate --all-tasks --retry-failed
    """
    _start_logging(verbose=verbose)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu  # read by the frameworks in this process and in its workers
    list_command = command("tasks list", questions=folder)
    tasks = choose_tasks(runnable_tasks(folder), all_tasks, task_id or [], domain or [], list_command)
    models = choose_models([*(model or []), *(only_model or [])])
    options = BatchOptions(
        output_dir=output_dir(outputs),
        samples_per_task=samples_per_task,
        seed=seed,
        retry_failed=retry_failed,
        force=force,
    )
    with InferenceRunner(options.output_dir) as runner:
        batch = Batch(tasks, models, options, runner)
        if dry_run:
            _show_plan(batch, as_json=as_json)
        else:
            code = _run(batch, workers, as_json=as_json, verbose=verbose)
            if code != EXIT_INTERRUPTED:
                hint(command("runs list", outputs=outputs))
            raise typer.Exit(code)


def _start_logging(*, verbose: bool) -> None:
    """Log to standard error: warnings, and with `verbose` all that this package has to say."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("vmevalkit").setLevel(logging.DEBUG if verbose else logging.WARNING)


def _show_plan(batch: Batch, *, as_json: bool) -> None:
    """Say what a run of the batch would do, and what it is expected to cost."""
    counts: dict[str, Counter[str]] = {model.key: Counter() for model in batch.models}
    cost, told = 0.0, set()
    for unit in batch:
        try:
            state = batch.state_of(unit)
        except InvalidTaskPairError as error:  # costs only itself, as it does when the batch is run
            if str(error) not in told:
                warn(str(error))
            told.add(str(error))
            continue
        counts[unit.group][state] += 1
        cost += unit.cost if state == "to_do" else 0.0
    columns = ("to_do", "done", "failed_before")
    if as_json:
        models = {key: {column: count[column] for column in columns} for key, count in counts.items()}
        show_json({"tasks": [task.id for task in batch.tasks], "models": models, "forecast_dollars": cost})
        return
    show_table(
        ["MODEL", "TO DO", "DONE", "FAILED BEFORE"],
        [[key, *(str(count[column]) for column in columns)] for key, count in counts.items()],
    )
    say(f"{sum(count['to_do'] for count in counts.values())} runs to do, expected cost ${cost:.2f}; nothing was run")


def _run(batch: Batch, workers: int, *, as_json: bool, verbose: bool) -> int:
    """Run the batch and say how it ended; the exit code comes back."""
    check_writable(batch.options.output_dir)
    results: list[dict[str, object]] = []
    unrecorded: list[dict[str, object]] = []

    def keep(outcome: Outcome[Done]) -> None:
        result = outcome.value
        if not isinstance(result, dict):
            if as_json and outcome.failure is not None:
                unrecorded.append({"run": outcome.key, "failure": outcome.failure})
            return
        if as_json:
            results.append({**result, **_place(Path(result["inference_dir"]))})
        if verbose:
            say(f"{result['run_id']}: {result['status']} in {result['duration_seconds']:.2f} s {result['error'] or ''}")

    started = partial(_start_logging, verbose=verbose)
    with closing(executor_for(workers, started)) as executor:
        summary = run_batch(batch, executor, on_outcome=keep, progress=progress_for(sys.stderr))
    root, failed_before = batch.options.output_dir, batch.states["failed_before"]
    if as_json:
        facts = {"output_dir": root, "failed_before": failed_before, "summary": summary}
        show_json({**facts, "runs": results, "unrecorded": unrecorded})
    if failed_before:
        say(f"{failed_before} runs failed in an earlier sweep; --retry-failed tries them again")
    if summary.exit_code == EXIT_INTERRUPTED:
        hint("the same command goes on where this one stopped")
    return summary.exit_code or (1 if failed_before else 0)


def _place(folder: Path) -> dict[str, str]:
    """Where a run's folder is below the output root, and what the way there says: model, domain and task."""
    model, domain, task, run = folder.parts[-4:]
    domain_name = domain.removesuffix(DOMAIN_SUFFIX)
    return {"folder": f"{model}/{domain}/{task}/{run}", "model_key": model, "domain": domain_name, "task_id": task}
