"""`vmevalkit emulate`: a provider on this machine, to try everything without a key, a network or a bill."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from pydantic import ValidationError
from pydantic_core import to_json

from vmevalkit.cli.options import AsJson
from vmevalkit.cli.output import hint, say
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.report.wording import count
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind, Outcome, Phase
from vmevalkit.testing.emulators.registry import EMULATORS, load_emulator

if TYPE_CHECKING:
    from vmevalkit.testing.emulators.base import Emulator

_LOOK_SECONDS = 0.5
"""Signals are only seen between two waits where the system cannot wake a waiting thread."""


def emulate(
    provider: Annotated[
        str,
        typer.Argument(help=f"One of {', '.join(EMULATORS.names())}."),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any that is free.")] = 0,
    job_seconds: Annotated[float, typer.Option(min=0, help="How long a job runs.")] = 2.0,
    concurrency: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Jobs it takes at once; one more is refused, or waits, as the provider does.",
            show_default=False,
        ),
    ] = None,
    outcome: Annotated[Outcome, typer.Option(help="How jobs end.")] = "succeed",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PHASE:KIND[:TIMES]",
            help=f"What goes wrong with the next request, or the next TIMES (-1: all), of a phase; may be repeated. "
            f"Phases: {', '.join(get_args(Phase))}. Kinds: {', '.join(get_args(FaultKind))}.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve an emulated provider until Ctrl-C. Every job makes the same short video; nothing leaves this machine.

    The lines it writes lead vmevalkit there, and the provider's own SDK too: set them in the shell that runs models.

    Examples:
      vmevalkit emulate wavespeed
      vmevalkit emulate runway --job-seconds 10 --concurrency 5 --outcome refuse
      vmevalkit emulate luma --fault submit:rate_limited:3 --fault fetch:truncated
      vmevalkit emulate wavespeed --port 8899 --json
    """
    behaviour = Behaviour(
        job_seconds=job_seconds,
        concurrency=concurrency,
        outcome=outcome,
        faults=tuple(map(_parse_fault, fault or [])),
    )
    emulator = load_emulator(provider)(behaviour, port=port)
    with ExitStack() as stack:
        try:
            stack.enter_context(emulator)
        except OSError as error:
            raise _port_taken(port, error) from error
        ended = _end()
        _announce(emulator, as_json=as_json)
        while not ended.wait(_LOOK_SECONDS):
            pass
    _tell_what_was_seen(emulator)


def _parse_fault(words: str) -> Fault:
    """`submit:rate_limited:3` as a fault; raises InvalidRequestError naming what is allowed."""
    phase, _, rest = words.partition(":")
    kind, _, times = rest.partition(":")
    try:
        return Fault.model_validate({"phase": phase, "kind": kind, "times": times or 1})
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
        allowed = {"phase": ", ".join(get_args(Phase)), "kind": ", ".join(get_args(FaultKind))}
        raise InvalidRequestError(
            f"The fault {words!r} has no valid {wrong}",
            expected=f"one of {allowed[wrong]}" if wrong in allowed else "a number of times, or -1 for always",
            next_step="Write it as PHASE:KIND[:TIMES], such as submit:rate_limited:3",
            field="fault",
            value=words,
        ) from error


def _announce(emulator: Emulator, *, as_json: bool) -> None:
    """Say where it is: the variables to standard output, the rest to standard error."""
    variables = emulator.environment
    if as_json:
        facts = {"provider": emulator.provider, "base_url": emulator.base_url, "environment": variables}
        sys.stdout.write(to_json(facts).decode() + "\n")
    else:
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    sys.stdout.flush()
    say(f"Emulating {emulator.provider} at {emulator.base_url}; Ctrl-C ends it")
    if _is_in_service(emulator.provider):
        hint(f"set these variables in another shell, then: vmevalkit models list --provider {emulator.provider}")
    else:
        say("Its models are retired: reach it with its wrapper or SDK from Python, see docs/providers.md")


def _is_in_service(provider: str) -> bool:
    models = [model for model in find_models() if model.provider is not None and model.provider.name == provider]
    return any(model.lifecycle != "retired" for model in models)


def _end() -> threading.Event:
    """What Ctrl-C sets, and being told to terminate; what is ignored, as in a background job, stays so."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: ended.set())
    return ended


def _tell_what_was_seen(emulator: Emulator) -> None:
    states = Counter[str](emulator.state_of(job) for job in emulator.jobs.values())
    at_once = f", at most {emulator.most_in_flight} at once" if emulator.most_in_flight else ""
    say(_counted("job", states) + at_once)
    say(_counted("request", emulator.requests))


def _counted(noun: str, counts: Counter[str]) -> str:
    each = ", ".join(f"{number} {name}" for name, number in counts.items())
    return f"{count(counts.total(), noun)} ({each})" if counts else f"no {noun}s"


def _port_taken(port: int, error: OSError) -> InvalidRequestError:
    return InvalidRequestError(
        f"The port {port} cannot be used: {error.strerror}",
        expected="a port that is free",
        next_step="Leave out --port to take any that is free",
        field="port",
        value=port,
    )
