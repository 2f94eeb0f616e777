"""Writing files so that a reader sees the old content or the new, never something between."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vmevalkit.errors import OutputNotWritableError

TEMPORARY_SUFFIX = ".tmp"
"""Ending of files that are still being written; left behind only by a killed process, and safe to delete."""

_NOT_WRITABLE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.ENOENT,
    errno.EEXIST,
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a missing, read-only or full folder met while writing `path`, or below it, into OutputNotWritableError.

    Trouble with a file that lies elsewhere, such as the source of a copy, passes through as it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_WRITABLE or not _concerns(error, path.parent):
            raise
        raise _not_writable(path, str(error.strerror)) from error


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path`, to write to; it takes that name when the block ends, or is removed on an error.

    Raises OutputNotWritableError when the folder is missing, read-only or full; `path` then holds what it held before.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
    if not final.parent.is_dir():
        raise _not_writable(final, f"there is no folder {final.parent}")
    try:
        yield temporary
        temporary.replace(final)
    except OSError as error:
        if error.errno not in _NOT_WRITABLE or not _concerns(error, temporary):
            raise
        raise _not_writable(final, str(error.strerror)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(folder: Path) -> None:
    """Make a folder, with those above it, and see that files can be written there; raises OutputNotWritableError."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def _concerns(error: OSError, place: Path) -> bool:
    """True when the trouble is with the place, something in it, or a folder on the way there."""
    if error.filename is None:
        return True
    named = Path(os.fsdecode(error.filename))
    return named.is_relative_to(place) or place.is_relative_to(named)


def _not_writable(path: Path, reason: str) -> OutputNotWritableError:
    return OutputNotWritableError(
        f"{path} cannot be written: {reason}",
        expected="an existing folder with free space and the right to write in it",
        next_step="Free some space, or choose another folder with --output-dir, then run the same command again",
        path=str(path),
    )


def write_atomic(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step, on the disk itself before returning; raises OutputNotWritableError."""
    with replacing(path) as temporary, temporary.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
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
