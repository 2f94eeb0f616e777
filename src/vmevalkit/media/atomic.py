"""Writing a file so that nothing half-written ever stands under its name."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from vmevalkit.errors import OutputNotWritableError

_CAUSES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path`, to write to; it takes that name when the block ends, or is removed on an error.

    Raises OutputNotWritableError when the folder is missing, read-only or full.
    """
    final = Path(path)
    temporary = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
    if not final.parent.is_dir():
        raise _not_writable(final, f"there is no folder {final.parent}")
    try:
        yield temporary
        temporary.replace(final)
    except OSError as error:
        if error.errno in _CAUSES and str(error.filename or temporary) == str(temporary):
            raise _not_writable(final, str(error.strerror)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _not_writable(path: Path, reason: str) -> OutputNotWritableError:
    return OutputNotWritableError(
        f"{path} cannot be written: {reason}",
        expected="an existing folder with room, and the right to write in it",
        next_step=f"Make {path.parent}, or choose another folder",
        path=str(path),
    )
