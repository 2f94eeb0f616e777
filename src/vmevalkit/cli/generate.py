"""`vmevalkit generate`: run models on tasks and keep every run."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.atomic import check_writable
from vmevalkit.cli.options import (
    AsJson,
    Gpus,
    OutputDir,
    QuestionsDir,
    command,
    devices,
    output_dir,
    parameters_from,
)
from vmevalkit.cli.output import hint, say, show_json, warn
from vmevalkit.cli.plan import announce_plan, show_plan, total_in_words
from vmevalkit.cli.selection import choose_models, choose_tasks, runnable_tasks
from vmevalkit.engine.progress import Progress, progress_for
from vmevalkit.engine.unit import Outcome
from vmevalkit.errors import EXIT_INTERRUPTED
from vmevalkit.models.devices import Device
from vmevalkit.records.model import Model
from vmevalkit.runner.batch import Batch, BatchOptions, Done, check_batch, run_batch
from vmevalkit.runner.executors import executor_for_models
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.plan import plan_of
from vmevalkit.runner.spent import Spent
from vmevalkit.tasks.questions import DOMAIN_SUFFIX

LEAST_CENT = 0.005
"""US dollars; less than that is not told."""


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
    duration: Annotated[float | None, typer.Option(help="Seconds of video, for models that let you choose.")] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Any other parameter of the models; may be repeated."),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, help="Begin nothing that could bring the cost beyond this many US dollars."),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")] = False,
    resubmit_unknown: Annotated[
        bool,
        typer.Option("--resubmit-unknown", help="Submit again what a provider may have had; it may be paid for twice."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Run again what is done; the earlier runs stay.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run, and run nothing.")] = False,
    in_flight: Annotated[
        int | None, typer.Option(min=1, help="Most jobs at one provider at once. Default: as the catalog says.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes; 1 works in this process.")] = 1,
    gpus: Gpus = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more, with tracebacks of failures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run models on tasks. What is verified done is left alone, so the same command resumes where it stopped.

    Examples:
      vmevalkit generate
      vmevalkit generate --model control-oracle --all-tasks
      vmevalkit generate --model control-still --domain maze --dry-run
      vmevalkit generate --all-tasks --retry-failed
      vmevalkit generate --model runway-gen4-turbo --all-tasks --duration 5 --dry-run
      vmevalkit generate --model kling-v2-6 --all-tasks --parameter mode=pro --max-cost 20
    """
    _start_logging(verbose=verbose)
    list_command = command("tasks list", questions=folder)
    tasks = choose_tasks(runnable_tasks(folder), all_tasks, task_id or [], domain or [], list_command)
    models = choose_models([*(model or []), *(only_model or [])])
    options = BatchOptions(
        output_dir=output_dir(outputs),
        samples_per_task=samples_per_task,
        seed=seed,
        parameters=parameters_from(parameter or [], duration),
        resubmit_unknown=resubmit_unknown,
        retry_failed=retry_failed,
        force=force,
    )
    progress = progress_for(sys.stderr)
    with InferenceRunner(
        options.output_dir,
        in_flight=in_flight,
        devices=_placed(models, gpus),
        on_step=lambda run, step, of: progress.step(f"{run}: {f'step {step} of {of}' if of else 'loading the model'}"),
    ) as runner:
        batch = Batch(tasks, models, options, runner)
        if dry_run:
            check_batch(batch, max_cost, access=False)
            plan = plan_of(batch)
            for problem in plan.problems:
                warn(problem)
            if as_json:
                show_json({"tasks": [task.id for task in tasks], **dict(plan)})
            else:
                show_plan(plan)
                say(f"{total_in_words(plan)}; nothing was run")
        else:
            code = _run(batch, workers, max_cost, progress, as_json=as_json, verbose=verbose)
            if code != EXIT_INTERRUPTED:
                hint(command("runs list", outputs=outputs))
            raise typer.Exit(code)


def _start_logging(*, verbose: bool) -> None:
    """Log to standard error: warnings, and with `verbose` all that this package has to say."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("vmevalkit").setLevel(logging.DEBUG if verbose else logging.WARNING)


def _placed(models: Sequence[Model], gpus: str | None) -> tuple[Device, ...] | None:
    """The devices for models with workers; those that run in this process find theirs in its environment."""
    if any(model.recipe is not None for model in models):
        return devices(gpus)
    if gpus not in {None, "all"}:
        os.environ["CUDA_VISIBLE_DEVICES"] = "" if gpus == "cpu" else str(gpus)
    return None


def _run(
    batch: Batch, workers: int, max_cost: float | None, progress: Progress, *, as_json: bool, verbose: bool
) -> int:
    """Run the batch and say how it ended; the exit code comes back."""
    check_batch(batch, max_cost)
    check_writable(batch.options.output_dir)
    if any(model.kind == "api" for model in batch.models):
        announce_plan(plan_of(batch), batch.models, max_cost)
    results: list[dict[str, object]] = []
    unrecorded: list[dict[str, object]] = []
    spent = Spent()

    def keep(outcome: Outcome[Done]) -> None:
        result = outcome.value
        if not isinstance(result, dict):
            if as_json and outcome.failure is not None:
                unrecorded.append({"run": outcome.key, "failure": outcome.failure})
            return
        spent.add(result)
        if as_json:
            results.append({**result, **_place(Path(result["inference_dir"]))})
        if verbose:
            say(f"{result['run_id']}: {result['status']} in {result['duration_seconds']:.2f} s {result['error'] or ''}")

    started = partial(_start_logging, verbose=verbose)
    runner = batch.runner
    executor = executor_for_models(batch.models, workers, runner.in_flight, runner.workers, started)
    with closing(executor):
        summary = run_batch(batch, executor, max_cost=max_cost, on_outcome=keep, progress=progress)
    root, failed_before = batch.options.output_dir, batch.states["failed_before"]
    if as_json:
        facts = {"output_dir": root, "failed_before": failed_before, "summary": summary}
        show_json({**facts, "runs": results, "unrecorded": unrecorded})
    _tell_of_costs(spent, max_cost, batch.options.output_dir)
    if summary.exit_code == EXIT_INTERRUPTED:
        hint("the same command goes on where this one stopped")
    return summary.exit_code or (1 if _tell_of_earlier(batch) else 0)


def _tell_of_costs(spent: Spent, max_cost: float | None, outputs: Path) -> None:
    """Say what the sweep spent, and where providers took more than was forecast."""
    if words := spent.in_words():
        say(f"{words}; all runs: {command('costs', str(outputs))}")
    if max_cost is not None and spent.most > max_cost + LEAST_CENT:
        say(f"that is ${spent.most - max_cost:.2f} beyond the limit: it was charged more than forecast")


def _tell_of_earlier(batch: Batch) -> int:
    """Say what earlier sweeps left and this one did not touch; the number of such runs comes back."""
    failed, unknown = batch.states["failed_before"], batch.states["unknown_before"]
    if failed:
        say(f"{failed} runs failed in an earlier sweep; --retry-failed tries them again")
    if unknown:
        say(f"{unknown} runs may be at their providers or not: `vmevalkit jobs list`; --resubmit-unknown pays again")
    return failed + unknown


def _place(folder: Path) -> dict[str, str]:
    """Where a run's folder is below the output root, and what the way there says: model, domain and task."""
    model, domain, task, run = folder.parts[-4:]
    domain_name = domain.removesuffix(DOMAIN_SUFFIX)
    return {"folder": f"{model}/{domain}/{task}/{run}", "model_key": model, "domain": domain_name, "task_id": task}
