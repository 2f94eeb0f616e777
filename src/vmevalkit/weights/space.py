"""Room on the disk, and folders that cannot be written."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vmevalkit.errors import DiskSpaceError, InstallFailedError, OutputNotWritableError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY}
_ELSEWHERE = "choose another place with VMEVALKIT_WEIGHTS_DIR"


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raise DiskSpaceError where the disk that `folder` is or would be on has no room for so much, and a tenth more."""
    needed, free = needed_bytes + needed_bytes // 10, _free(folder)
    if needed_bytes and free < needed:
        raise _too_little(folder, needed, free)


@contextmanager
def storing(folder: Path, needed_bytes: int) -> Iterator[None]:
    """Turn a full disk, or a folder that cannot be written, into DiskSpaceError or InstallFailedError."""
    try:
        yield
    except OSError as error:
        cause = error.__cause__ if isinstance(error, OutputNotWritableError) else error
        number = cause.errno if isinstance(cause, OSError) else None
        if number in _FULL:
            raise _too_little(folder, needed_bytes, _free(folder)) from error
        if number in _FORBIDDEN or isinstance(error, OutputNotWritableError):
            raise InstallFailedError(
                f"{folder} cannot be written: {cause or error}",
                expected="a folder that you may write in",
                next_step=f"Mend its rights, or {_ELSEWHERE}, then run the same command again",
            ) from error
        raise


def nearest_folder(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def _free(folder: Path) -> int:
    return shutil.disk_usage(nearest_folder(folder)).free


def _too_little(folder: Path, needed: int, free: int) -> DiskSpaceError:
    return DiskSpaceError(
        f"There is not enough room for the weights in {folder}: {_gigabytes(free)} are free",
        expected=f"{_gigabytes(needed)}, a tenth of it to spare",
        next_step=f"Free some space, or {_ELSEWHERE}, then run the same command again; what has arrived is kept",
        needed=needed,
        free=free,
    )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e9:.4f} GB"
