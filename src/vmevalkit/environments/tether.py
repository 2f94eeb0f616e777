"""Runs a command for as long as the process that asked for it lives.

    python -m vmevalkit.environments.tether LOCK COMMAND…

An installer that is killed must not leave a tool behind that goes on writing where the next installer works. So the
tool is on a tether: when standard input ends, it is ended with all that it started. LOCK is held meanwhile, so that
the next installer can wait for that.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from filelock import FileLock


def main(arguments: Sequence[str]) -> int:
    """Exit code of the command, 128 and the number of the signal that ended it; 1 when nobody wants it any more."""
    lock, *command = arguments
    with FileLock(lock):
        if _is_let_go():
            return 1
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        Thread(target=_end_with_owner, args=(process,), daemon=True).start()
        code = process.wait()
    return code if code >= 0 else 128 - code


def _is_let_go() -> bool:
    """Whether standard input has ended; nobody ever writes to it."""
    return sys.platform != "win32" and bool(select.select([sys.stdin], [], [], 0)[0])


def _end_with_owner(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # all of them are gone
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # the thread still waits for standard input, which only its owner ends
