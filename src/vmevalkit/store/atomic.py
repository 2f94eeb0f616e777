"""Writing files so that a reader sees the old content or the new, never something between."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vmevalkit.errors import OutputNotWritableError

TEMPORARY_SUFFIX = ".tmp"
"""Ending of files that are still being written; left behind only by a killed process, and safe to delete."""

_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a read-only or full disk met while writing `path` into OutputNotWritableError."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_WRITABLE:
            raise
        raise OutputNotWritableError(
            f"Cannot write {path}: {error.strerror}",
            expected="a writable output folder with free space",
            next_step="Free some space, or choose another folder with --output-dir, then run the same command again",
            path=str(path),
        ) from error


def write_atomic(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Put `content` at `path` in one step; with `durable`, on the disk itself before returning.

    Raises OutputNotWritableError where the folder is read-only or full; `path` then holds what it held before.
    """
    with writing(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY_SUFFIX)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise
        if durable:
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the content of `path` durable."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
