"""Options that several commands share, so that they are spelled and explained the same everywhere."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.devices import Device, choose_devices, find_gpus
from vmevalkit.records.base import JsonObject
from vmevalkit.settings import get_settings
from vmevalkit.store.evaluations import evaluations_beside

QuestionsDir = Annotated[
    Path | None,
    typer.Option(
        "--questions-dir",
        help="Where task pairs are. Default: $VMEVALKIT_QUESTIONS_DIR, else data/questions.",
        show_default=False,
    ),
]
OutputDir = Annotated[
    Path | None,
    typer.Option(
        "--output-dir",
        help="Root of the output tree. Default: $VMEVALKIT_OUTPUT_DIR, else outputs.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON to standard output.")]
Sheet = Annotated[
    Path | None, typer.Option("--sheet", help="Write a picture of the frames to this PNG file.", show_default=False)
]
Outputs = Annotated[
    Path | None,
    typer.Argument(help="Root of the output tree. Default: $VMEVALKIT_OUTPUT_DIR, else outputs.", show_default=False),
]
EvaluationsDir = Annotated[
    Path | None,
    typer.Option("--evaluations-dir", help="Where verdicts and scores are kept. Default: beside the output tree."),
]
Models = Annotated[list[str] | None, typer.Option("--model", help="Only this model; may be repeated.")]
Domains = Annotated[list[str] | None, typer.Option("--domain", help="Only this domain; may be repeated.")]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes; 1 works in this process.")]


Gpus = Annotated[
    str | None,
    typer.Option(
        "--gpus",
        "--gpu",
        help="What open models run on: numbers of GPUs such as 0 or 0,1 (a worker each), all, or cpu. "
        "Default: the first GPU.",
        show_default=False,
    ),
]


def devices(given: str | None) -> tuple[Device, ...] | None:
    """The devices that were named; None where none were. Raises DeviceNotFoundError for a GPU that is not there."""
    return None if given is None else choose_devices(given, find_gpus())


def evaluations_dir(given: Path | None, outputs: Path | None) -> Path:
    """The evaluations tree to use: as given, else beside the output tree; raises InvalidRequestError inside of it."""
    root = output_dir(outputs)
    folder = given or evaluations_beside(root)
    if folder.resolve().is_relative_to(root.resolve()):
        raise InvalidRequestError(
            f"The evaluations folder {folder} lies in the output tree",
            expected="a folder outside of it, which holds nothing but runs",
            next_step="Leave out --evaluations-dir, or name another folder",
            field="evaluations_dir",
            value=str(folder),
        )
    return folder


def questions_dir(given: Path | None) -> Path:
    """The questions tree to use: as given, else as set."""
    return given or get_settings().questions_dir


def output_dir(given: Path | None) -> Path:
    """The output tree to use: as given, else as set."""
    return given or get_settings().output_dir


def evaluation_command(noun: str, outputs: Path | None, *more: str, evaluations: Path | None = None) -> str:
    """A command that works on an output tree and its evaluations, as it can be typed."""
    elsewhere = ["--evaluations-dir", str(evaluations)] if evaluations else []
    return command(noun, *([str(outputs)] if outputs else []), *more, *elsewhere)


def command(words: str, *more: str, questions: Path | None = None, outputs: Path | None = None) -> str:
    """A command of ours as it can be typed; `more` is quoted where needed, and so are the folders, if any were given.

    `command("runs show", "RUN", outputs=Path("my runs"))` is `vmevalkit runs show RUN --output-dir 'my runs'`.
    """
    folders = {"--questions-dir": questions, "--output-dir": outputs}
    given = [part for option, folder in folders.items() if folder is not None for part in (option, str(folder))]
    return shlex.join(["vmevalkit", *words.split(), *more, *given])


def parameters_from(words: Sequence[str], duration: float | None) -> JsonObject:
    """The parameters that words such as `mode=pro` stand for; a value that is JSON is read as such, else as text."""
    found: JsonObject = {} if duration is None else {"duration": duration}
    for word in words:
        name, equals, value = word.partition("=")
        if not name.strip() or not equals:
            raise InvalidRequestError(
                f"--parameter {word!r} is no parameter",
                expected="NAME=VALUE, such as mode=pro",
                next_step="`vmevalkit models show MODEL` shows the parameters of a model",
                field="parameter",
                value=word,
            )
        found[name.strip()] = _value(value)
    return found


def _value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    return value
