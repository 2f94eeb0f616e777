"""Locks: two processes never make the same thing at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

Note = Callable[[str], None]
"""Takes a line that tells people what is being done."""


@contextmanager
def holding(path: Path, busy: str, on_note: Note) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs; tells `busy` and waits while another process holds it.

    The operating system lets go of it when the process dies. The file stays, since a waiting process has it open.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_note(busy)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
