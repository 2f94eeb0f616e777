"""The `vmevalkit` command. Only the module of the noun that was asked for is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from vmevalkit import __version__
from vmevalkit.cli.text import printable
from vmevalkit.errors import EXIT_INTERRUPTED, VmevalkitError
from vmevalkit.registry import load_target


@dataclass(frozen=True)
class Noun:
    """A command, or a group of commands, and the line that describes it."""

    target: str
    """`module:attribute` of a function or of a typer app."""
    summary: str
    """What the help says about it."""
    has_argument: bool = False
    """Whether a word may stand alone, so that it cannot be taken for another word of an option before it."""


NOUNS = {
    "generate": Noun("vmevalkit.cli.generate:generate", "Run models on tasks and keep every run."),
    "tasks": Noun("vmevalkit.cli.tasks:app", "Create, check and look at task pairs."),
    "models": Noun("vmevalkit.cli.models:app", "See which models there are and what they accept."),
    "runs": Noun("vmevalkit.cli.runs:app", "List, look at and verify runs."),
    "judge": Noun(
        "vmevalkit.cli.judge:judge", "Say of every run whether it solved its task, and why.", has_argument=True
    ),
    "score": Noun(
        "vmevalkit.cli.score:score", "Measure the videos of runs, with metrics that need no weights.", has_argument=True
    ),
    "report": Noun(
        "vmevalkit.cli.report:report", "Write a report: tables, intervals, plots, a page per task.", has_argument=True
    ),
    "costs": Noun("vmevalkit.cli.costs:costs", "See what runs cost, by model.", has_argument=True),
    "jobs": Noun("vmevalkit.cli.jobs:app", "See, adopt and cancel jobs at providers."),
    "emulate": Noun(
        "vmevalkit.cli.emulate:emulate", "Serve an emulated provider: no key, no network, no bill.", has_argument=True
    ),
    "doctor": Noun("vmevalkit.cli.doctor:doctor", "See what works here, what is missing, and what mends it."),
}

EPILOG = """
Start here:

  vmevalkit tasks create --pairs-per-domain 3
  vmevalkit generate --all-tasks
  vmevalkit judge
  vmevalkit score
  vmevalkit report
"""

REPEATABLE = {"--model", "--only-model", "--task-id", "--domain"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; see `vmevalkit.errors` for the codes."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    spreads = wanted in NOUNS and not NOUNS[wanted].has_argument
    try:
        build_app(wanted)(args=spread(arguments) if spreads else arguments, prog_name="vmevalkit")
    except VmevalkitError as error:
        sys.stderr.write(f"error: {printable(str(error))}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # while the command was still being imported; later, typer exits the same way
        sys.exit(EXIT_INTERRUPTED)


def build_app(wanted: str | None) -> typer.Typer:
    """The command line, with the commands of one noun; the others are there by name only."""
    app = typer.Typer(
        name="vmevalkit",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=EPILOG,
    )
    app.callback(help="Run, score and compare video-generation models on reasoning tasks.")(_root)
    for name, noun in NOUNS.items():
        target = load_target(noun.target) if name == wanted else _stand_in
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=name, short_help=noun.summary)
        else:
            app.command(name, short_help=noun.summary)(target)  # type: ignore[type-var]
    return app


def spread(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--model a b` or `--model=a b` written as `--model a --model b`, as older scripts have it."""
    option, spread_out = None, []
    for index, word in enumerate(arguments):
        if word.startswith("-"):
            option = word.partition("=")[0]
            option = option if option in REPEATABLE else None
        elif option is not None and arguments[index - 1] != option:
            spread_out.append(option)
        spread_out.append(word)
    return spread_out


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"vmevalkit {__version__}\n")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Takes the options that come before the noun."""


def _stand_in() -> None:
    """Takes the place of a command that was not asked for."""
