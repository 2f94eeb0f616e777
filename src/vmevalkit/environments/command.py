"""Running the tools that install: what they say goes to a log, and their end is an error that quotes it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import IO

from vmevalkit.environments.holding import Note
from vmevalkit.errors import InstallFailedError
from vmevalkit.redaction import without_credentials

HEARTBEAT_SECONDS = 5.0
"""How often a long step says how far it is."""

_QUOTED_LINES = 12
_TAIL_BYTES = 1 << 16
_COMPLAINT = re.compile(r"(?i)(\w*error|fatal):")


@dataclass(frozen=True)
class Commands:
    """Runs commands for one installation; they end when this process does, however it ends."""

    subject: str
    """What is installed, such as `The environment diffusers`."""
    log: Path
    """Where what they say is kept, readable by the user alone."""
    leash: Path
    """Lock file that is held as long as one of them runs."""
    on_note: Note
    """Told what is being done."""

    def run(self, command: Sequence[str | Path], doing: str, *, expected: str, next_step: str) -> None:
        """Run a command to its end; raises InstallFailedError quoting the last of what it said when it fails."""
        code = self.code_of(command, doing)
        if code != 0:
            raise self.failure(f"{doing} {_how_it_ended(code)}", expected=expected, next_step=next_step)

    def code_of(self, command: Sequence[str | Path], doing: str, variables: Mapping[str, str] | None = None) -> int:
        """Exit code of a command, which gets the environment variables of this process unless others are given."""
        self.on_note(doing)
        words, started = [str(word) for word in command], monotonic()
        with self._opened_log() as log:
            log.write(f"$ {without_credentials(shlex.join(words))}\n".encode())
            log.flush()
            with _tethered([str(self.leash), *words], log, variables) as process:
                while True:
                    try:
                        return process.wait(timeout=HEARTBEAT_SECONDS)
                    except subprocess.TimeoutExpired:
                        said = [line for line in self.last_lines(1) if not line.startswith("$ ")]
                        self.on_note(", ".join([f"{doing}: {monotonic() - started:.0f} s", *said]))

    def failure(self, what: str, *, expected: str, next_step: str) -> InstallFailedError:
        """An error that quotes the end of the log and says where it is."""
        quoted = "\n".join(f"    {line}" for line in self.last_lines(_QUOTED_LINES))
        return InstallFailedError(
            f"{self.subject} could not be installed: {what}: {self._complaint()}",
            expected=expected,
            next_step=f"{next_step}. What was said is in {self.log}, which ends so:\n{quoted}",
            log=str(self.log),
        )

    def start_log(self) -> None:
        """Begin with an empty log."""
        self.log.unlink(missing_ok=True)

    def last_lines(self, count: int) -> list[str]:
        """The last lines of the log that say something, without passwords."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
        lines = [line.strip() for line in without_credentials(text).splitlines()]
        return [line for line in lines if line][-count:]

    def _complaint(self) -> str:
        """The last line that tells of an error, or else the last one."""
        lines = self.last_lines(_QUOTED_LINES)
        return ([line for line in lines if _COMPLAINT.match(line)] or lines or ["it said nothing"])[-1]

    def _opened_log(self) -> IO[bytes]:
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


@contextmanager
def _tethered(
    arguments: Sequence[str], log: IO[bytes], variables: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    """A started command, ended with all that it started when the block is left early."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vmevalkit.environments.tether", *arguments],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=variables,
        start_new_session=True,  # Ctrl-C is for this process to handle
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


def _how_it_ended(code: int) -> str:
    signal = -code if code < 0 else code - 128
    return f"was ended by signal {signal}" if signal > 0 else f"ended with code {code}"
