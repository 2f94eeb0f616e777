"""Claims: a process that works on something holds it, so that two runners on one tree never do the same work.

A claim is an operating-system lock on a file, so a killed process lets go of it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from vmevalkit.atomic import writing
from vmevalkit.store.layout import Layout


@contextmanager
def claim(layout: Layout, identity: str) -> Iterator[bool]:
    """Hold `identity` while the block runs; yields False when another process holds it."""
    path = layout.state / "claims" / f"{identity}.lock"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, blocking=False)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
    try:
        yield True
    finally:
        _discard(path)
        lock.release()


def _discard(path: Path) -> None:
    # Removed while still held: whoever opened it meanwhile finds it gone and opens a new one.
    path.unlink(missing_ok=True)
