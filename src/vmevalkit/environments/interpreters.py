"""Finding a Python on this machine to make an environment with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_ASKING_SECONDS = 30.0
_QUESTION = "import sys; print('%d.%d' % sys.version_info[:2])"


def find_python(versions: Sequence[str]) -> Path | None:
    """The running Python when its version is among `versions`, else the first `python3.X` on PATH; None without one."""
    if "{}.{}".format(*sys.version_info) in versions:
        return Path(sys.executable)
    for version in versions:
        found = shutil.which(f"python{version}")
        if found is not None and answers([found, "-I", "-c", _QUESTION]) == version:
            return Path(found)
    return None


def answers(command: Sequence[str]) -> str | None:
    """What a command prints; None when it fails, as launchers do whose version is not there."""
    with suppress(OSError, subprocess.SubprocessError):
        reply = subprocess.run(command, capture_output=True, text=True, timeout=_ASKING_SECONDS, check=True)
        return reply.stdout.strip()
    return None
