"""Which tasks and models a command line names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from vmevalkit.cli.options import command, output_dir, questions_dir
from vmevalkit.cli.output import warn
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.records.model import Model
from vmevalkit.records.task import QuestionSet, TaskPair
from vmevalkit.registry import unknown_name
from vmevalkit.runner.evaluated_runs import EvaluatedRun
from vmevalkit.store.tree import OutputTree
from vmevalkit.tasks.questions import read_questions


def question_set(given: Path | None) -> QuestionSet:
    """What the questions tree holds; raises InvalidRequestError where there is no such folder."""
    root = questions_dir(given)
    if not root.is_dir():
        raise _no_tasks(f"There is no folder of tasks at {root}", given, root)
    return read_questions(root)


def runnable_tasks(given: Path | None) -> Sequence[TaskPair]:
    """The tasks of the questions tree, at least one; what had to be left out is warned of."""
    found, root = question_set(given), questions_dir(given)
    warn_of_problems(found)
    if not found.tasks:
        raise _no_tasks(f"There is no task that can be run in {root}", given, root)
    return found.tasks


def warn_of_problems(found: QuestionSet) -> None:
    """Tell the user which folders are not whole tasks."""
    for problem in found.problems:
        warn(f"{problem.path}: {problem.message}")


def choose_tasks(
    tasks: Sequence[TaskPair], everything: bool, task_ids: Sequence[str], domains: Sequence[str], list_command: str
) -> list[TaskPair]:
    """The tasks asked for: those named, else all or the first of each domain.

    Raises UnknownNameError for a name that no task has, InvalidRequestError where the names leave a task out.
    """
    task_ids, domains = split_words("task-id", task_ids), split_words("domain", domains)
    check_names("task", task_ids, {task.id for task in tasks}, list_command)
    check_names("domain", domains, {task.domain for task in tasks}, list_command)
    chosen = [
        task for task in tasks if (not task_ids or task.id in task_ids) and (not domains or task.domain in domains)
    ]
    for task_id in task_ids:
        if task_id not in {task.id for task in chosen}:
            raise InvalidRequestError(
                f"The task {task_id!r} is not in the domain {' or '.join(map(repr, domains))}",
                expected="--task-id and --domain to agree",
                next_step=f"Leave out --domain; `{list_command}` lists every task with its domain",
                field="task_id",
                value=task_id,
            )
    if everything or task_ids:
        return chosen
    return list({task.domain: task for task in reversed(chosen)}.values())[::-1]


def choose_models(words: Sequence[str]) -> list[Model]:
    """The models named, each once, a word holding one or several with commas in between; else the controls.

    Raises UnknownNameError with near names, InvalidRequestError for a word that names none.
    """
    if not words:
        return find_models(kind="control")
    return [catalog().get(name) for name in split_words("model", words)]


def choose_runs(given: Path | None, models: Sequence[str], domains: Sequence[str]) -> list[EvaluatedRun]:
    """The runs of an output tree, of the models and domains named, failed ones too; ordered by folder.

    Raises InvalidRequestError where there is no tree, and UnknownNameError for a name that no run has.
    """
    models, domains = split_words("model", models), split_words("domain", domains)
    with open_tree(given) as tree:
        entries = list(tree.entries())
    list_command = command("runs list", outputs=given)
    check_names("model", models, {entry.model for entry in entries}, list_command)
    check_names("domain", domains, {entry.domain_name for entry in entries}, list_command)
    return [
        EvaluatedRun(outputs=output_dir(given), entry=entry)
        for entry in entries
        if (not models or entry.model in models) and (not domains or entry.domain_name in domains)
    ]


def open_tree(given: Path | None, option: str = "OUTPUTS") -> OutputTree:
    """The output tree that was named with this option, else the usual one; raises InvalidRequestError without one."""
    root = output_dir(given)
    if not root.is_dir():
        raise InvalidRequestError(
            f"There is no output tree at {root}",
            expected="a folder made by `vmevalkit generate`",
            next_step=f"Name it with {option}, or make one with: {command('generate', outputs=given)}",
            field="output_dir",
            value=str(root),
        )
    return OutputTree(root)


def split_words(option: str, words: Sequence[str]) -> list[str]:
    """The names in the words of an option, each once; a word holds one name, or several with commas in between.

    Raises InvalidRequestError for a word that holds none.
    """
    for word in words:
        if not word.strip(", "):
            raise InvalidRequestError(
                f"--{option} {word!r} names nothing",
                expected="a name, or several with commas in between",
                next_step=f"Leave out --{option}, or name something",
                field=option,
                value=word,
            )
    return list(dict.fromkeys(name.strip() for word in words for name in word.split(",") if name.strip()))


def check_names(kind: str, wanted: Sequence[str], known: Collection[str], list_command: str) -> None:
    """Nothing when all names are known; raises UnknownNameError with near names for the first that is not."""
    for name in wanted:
        if name not in known:
            raise unknown_name(kind, name, sorted(known), list_command)


def _no_tasks(fault: str, given: Path | None, root: Path) -> InvalidRequestError:
    create = command("tasks create", "--pairs-per-domain", "3", questions=given)
    return InvalidRequestError(
        fault,
        expected="a folder that holds {domain}_task/{task_id}/first_frame.png and prompt.txt",
        next_step=f"Create some with: {create}",
        field="questions_dir",
        value=str(root),
    )
