"""`vmevalkit tasks`: create, check and look at task pairs."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.options import AsJson, QuestionsDir, Sheet, command, questions_dir
from vmevalkit.cli.output import hint, say, show_json, show_table, show_text
from vmevalkit.cli.selection import check_names, question_set, split_words, warn_of_problems
from vmevalkit.cli.sheet import write_sheet
from vmevalkit.engine.progress import progress_for
from vmevalkit.engine.unit import Outcome
from vmevalkit.errors import InvalidTaskPairError
from vmevalkit.records.task import Difficulty, TaskPair
from vmevalkit.registry import unknown_name
from vmevalkit.tasks.check import check_task
from vmevalkit.tasks.create import SHIPPED_DOMAIN, SHIPPED_TASKS, copy_shipped_tasks, create_tasks, plan_tasks
from vmevalkit.tasks.domain_registry import domains, load_domain
from vmevalkit.tasks.questions import read_metadata

app = typer.Typer(
    no_args_is_help=True,
    help="""Create, check and look at task pairs.

    Examples:
      vmevalkit tasks create --pairs-per-domain 3
      vmevalkit tasks show maze_0000 --sheet maze.png
      vmevalkit tasks check
    """,
)

_LONGEST_PROMPT = 40
"""Characters of a prompt that are shown in a list: a row fits on a terminal of 80 columns."""


@app.command("create")
def create(
    pairs_per_domain: Annotated[int, typer.Option(min=1, help="How many tasks of each domain.")] = 15,
    domain: Annotated[
        list[str] | None, typer.Option(help="Only this domain; may be repeated. `tests`: two small tasks.")
    ] = None,
    difficulty: Annotated[Difficulty | None, typer.Option(help="Only this one, instead of all three in turn.")] = None,
    seed: Annotated[int, typer.Option("--seed", "--random-seed", help="Equal seeds give equal tasks.")] = 42,
    folder: QuestionsDir = None,
    force: Annotated[bool, typer.Option("--force", help="Replace tasks that are there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Create task pairs with pictures, prompts, solutions and solution videos.

    Examples:
      vmevalkit tasks create --pairs-per-domain 3
      vmevalkit tasks create --domain maze,sudoku --difficulty hard --seed 7
      vmevalkit tasks create --domain tests
    """
    root = questions_dir(folder)
    chosen = split_words("domain", domain or domains().names())
    shipped = SHIPPED_DOMAIN in chosen
    copied = copy_shipped_tasks(root) if shipped else []
    failures: list[dict[str, object]] = []

    def keep(outcome: Outcome[Path]) -> None:
        if outcome.failure is not None:
            failures.append({"task": outcome.key, "failure": outcome.failure})

    plans = plan_tasks(
        [name for name in chosen if name != SHIPPED_DOMAIN], pairs_per_domain, seed=seed, difficulty=difficulty
    )
    progress = progress_for(sys.stderr, quiet=not plans)
    summary = create_tasks(root, plans, force=force, on_outcome=keep, progress=progress)
    if as_json:
        show_json({"questions_dir": root, "copied": len(copied), "summary": summary, "failures": failures})
    if summary.exit_code:
        raise typer.Exit(summary.exit_code)
    kept = summary.skipped + (SHIPPED_TASKS - len(copied) if shipped else 0)
    say(f"{summary.done + len(copied)} tasks created in {root}, {kept} were there already")
    hint(command("generate", "--all-tasks", questions=folder))


@app.command("domains")
def list_domains(as_json: AsJson = False) -> None:
    """List the domains that tasks can be created for.

    Examples:
      vmevalkit tasks domains
      vmevalkit tasks domains --json
    """
    found = [load_domain(name) for name in domains().names()]
    if as_json:
        show_json({"domains": [{"name": domain.name, "description": domain.description} for domain in found]})
        return
    show_table(["DOMAIN", "DESCRIPTION"], [[domain.name, domain.description] for domain in found])
    hint(command("tasks create", "--domain", found[0].name))


@app.command("list")
def list_tasks(
    folder: QuestionsDir = None,
    domain: Annotated[list[str] | None, typer.Option(help="Only this domain; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the tasks of a questions tree.

    Examples:
      vmevalkit tasks list
      vmevalkit tasks list --domain chess --json
    """
    found = question_set(folder)
    warn_of_problems(found)
    domains_asked = split_words("domain", domain or [])
    check_names("domain", domains_asked, {task.domain for task in found.tasks}, "vmevalkit tasks list")
    tasks = [task for task in found.tasks if not domains_asked or task.domain in domains_asked]
    if as_json:
        show_json({"tasks": [_summary(task) for task in tasks]})
        return
    rows = [[task.id, task.domain, _difficulty(task), _lacks(task), _beginning(task.prompt)] for task in tasks]
    show_table(["TASK", "DOMAIN", "DIFFICULTY", "LACKS", "PROMPT"], rows, unbroken=3)
    say(", ".join(f"{count} {name}" for name, count in Counter(task.domain for task in tasks).items()) or "no tasks")


@app.command("show")
def show_task(
    task_id: Annotated[str, typer.Argument(help="The task's id, such as maze_0003.")],
    folder: QuestionsDir = None,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> None:
    """Show a task: prompt, files, metadata, and as a picture.

    Examples:
      vmevalkit tasks show maze_0000
      vmevalkit tasks show chess_0002 --sheet chess.png
    """
    task = _find(folder, task_id)
    if as_json:
        show_json({**dict(task), "metadata": read_metadata(task)})
    else:
        files = (task.first_frame, task.final_frame, task.ground_truth)
        show_table(
            ["FIELD", "VALUE"],
            [
                ["id", task.id],
                ["domain", task.domain],
                ["difficulty", _difficulty(task)],
                *(["file", str(path)] for path in files if path),
            ],
        )
        show_text("\n" + task.prompt)
    if sheet is not None:
        write_sheet(task.ground_truth or task.first_frame, sheet)


@app.command("check")
def check(folder: QuestionsDir = None, as_json: AsJson = False) -> None:
    """Decode every image and video of a questions tree and name what is wrong.

    Exits with 1 when a task cannot be run.

    Examples:
      vmevalkit tasks check
      vmevalkit tasks check --questions-dir my_questions --json
    """
    found = question_set(folder)
    problems = [*found.problems, *(problem for task in found.tasks for problem in check_task(task))]
    broken = sum(problem.fatal for problem in problems)
    if as_json:
        show_json({"tasks": len(found.tasks), "problems": problems})
    else:
        show_table(
            ["PATH", "PROBLEM"],
            [[str(problem.path), ("" if problem.fatal else "(can be run) ") + problem.message] for problem in problems],
        )
        say(f"{len(found.tasks)} tasks read, {broken} cannot be run, {len(problems) - broken} other remarks")
    raise typer.Exit(1 if broken else 0)


def _find(given: Path | None, task_id: str) -> TaskPair:
    found = question_set(given)
    warn_of_problems(found)
    matches = [task for task in found.tasks if task.id == task_id]
    if not matches:
        raise unknown_name("task", task_id, (task.id for task in found.tasks), command("tasks list", questions=given))
    if len(matches) > 1:
        folders = [task.first_frame.parent for task in matches]
        one = command("tasks show", task_id, questions=folders[0])
        raise InvalidTaskPairError(
            f"The id {task_id!r} names {len(matches)} tasks: {', '.join(map(str, folders))}",
            expected="an id that only one task has",
            next_step=f"Name the folder of one, such as: {one}",
            path=str(folders[0]),
        )
    return matches[0]


def _summary(task: TaskPair) -> dict[str, object]:
    return {**dict(task), "difficulty": _difficulty(task)}


def _difficulty(task: TaskPair) -> str:
    try:
        return str(read_metadata(task).get("difficulty", ""))
    except InvalidTaskPairError:
        return "unreadable"


def _lacks(task: TaskPair) -> str:
    parts = {"final frame": task.final_frame, "ground truth": task.ground_truth, "metadata": task.metadata}
    return ", ".join(name for name, part in parts.items() if part is None)


def _beginning(prompt: str) -> str:
    text = " ".join(prompt.split())
    return text if len(text) <= _LONGEST_PROMPT else text[: _LONGEST_PROMPT - 1] + "…"
