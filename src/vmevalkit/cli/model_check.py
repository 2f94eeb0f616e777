"""`vmevalkit models check`: does a model work, from its catalog entry to a whole video?"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree
from typing import Annotated

import typer

from vmevalkit.cli.model_facts import dollars
from vmevalkit.cli.options import AsJson, Gpus, command, devices
from vmevalkit.cli.output import hint, say, show_json, show_text
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.model import Model
from vmevalkit.report.wording import count
from vmevalkit.runner.costs import forecast_of
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.model_check import CheckStep, check_generation, check_setup, shipped_tasks

_NAME_WIDTH = 22


def check_model(
    key: Annotated[str, typer.Argument(help="The model's key, such as control-still.")],
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", help="Keep the runs in this output tree. Default: kept where a step failed."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Spend what it costs without asking.")] = False,
    gpus: Gpus = None,
    as_json: AsJson = False,
) -> None:
    """Check that a model works: registered, loads, in service, credentials there, two test tasks, whole videos.

    The two videos of a model behind an API are paid for: the expected cost is told first, and without a terminal to
    ask at, --yes is needed. Ends with the first step that fails.

    Exits with 1 when a step failed, with 3 when something has to be set up first.

    Examples:
      vmevalkit models check control-oracle
      vmevalkit models check runway-gen4-turbo --yes --output-dir outputs
      vmevalkit models check control-still --json
    """
    folder = output_dir or Path(tempfile.mkdtemp(prefix="vmevalkit-check-"))
    steps: list[CheckStep] = []
    try:
        with InferenceRunner(folder, devices=devices(gpus)) as runner:
            _take(check_setup(key, folder, runner.workers), steps, as_json=as_json)
            if steps[-1].verdict == "ok":
                model = catalog().get(key)
                _agree_to_pay(model, yes=yes)
                _take(check_generation(model, runner), steps, as_json=as_json)
    finally:
        kept = _tidied(folder, steps, named=output_dir is not None)
    if as_json:
        show_json({"model": key, "ok": steps[-1].verdict == "ok", "steps": steps, "output_dir": kept})
    if kept is not None:
        hint(command("runs list", outputs=kept))
    elif steps[-1].verdict == "ok":
        hint(command("generate", "--model", key))
    raise typer.Exit(steps[-1].exit_code)


def _take(found: Iterable[CheckStep], steps: list[CheckStep], *, as_json: bool) -> None:
    """Show each step as it comes, and keep it."""
    for step in found:
        steps.append(step)
        if as_json:
            continue
        line = f"{step.verdict:<7} {step.name:<{_NAME_WIDTH}} {step.detail}"
        show_text(line if step.fix is None else f"{line}. {step.fix}")
        sys.stdout.flush()


def _agree_to_pay(model: Model, *, yes: bool) -> None:
    """Nothing when the check is free or the user agrees; raises InvalidRequestError, and Abort after a no."""
    videos = len(shipped_tasks())
    expected = forecast_of(model, videos, {})
    if expected.amount == 0:
        return
    cost = "nobody knows how much" if expected.amount is None else f"{dollars(expected.amount)} by forecast"
    price = f" (price of {expected.price_date}, {expected.source})" if expected.price_date else ""
    say(f"{model.key} is about to make {count(videos, 'video')}, which costs {cost}{price}")
    if yes:
        return
    if sys.stdin.isatty():
        typer.confirm("Go on?", abort=True, err=True)
        return
    raise InvalidRequestError(
        f"Checking {model.key} costs money: {cost}",
        expected="--yes, or a terminal to ask at",
        next_step=f"Run: {command('models check', model.key, '--yes')}",
        field="yes",
        value=yes,
    )


def _tidied(folder: Path, steps: list[CheckStep], *, named: bool) -> Path | None:
    """The folder with the runs where it is kept, None where it is removed; a temporary one is kept after a failure.

    A job that was paid for and did not come to an end can still be adopted from there.
    """
    if named:
        return folder
    if any(folder.iterdir()) and not (steps and steps[-1].verdict == "ok"):
        say(f"The runs are kept in {folder}")
        return folder
    rmtree(folder)
    return None
