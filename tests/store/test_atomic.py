from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from vmevalkit.errors import OutputNotWritableError
from vmevalkit.store.atomic import TEMPORARY_SUFFIX, write_atomic, writing


def test_content_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_failed_write_leaves_the_old_content_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_atomic(path, b"old")
    with pytest.raises(TypeError):
        write_atomic(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert not list(tmp_path.glob(f"*{TEMPORARY_SUFFIX}"))


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "record.json", b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "record.json").stat().st_mode) == 0o640


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_disk_trouble_is_a_typed_error(tmp_path: Path, code: int) -> None:
    with pytest.raises(OutputNotWritableError, match="--output-dir") as caught, writing(tmp_path / "x"):
        raise OSError(code, os.strerror(code))
    assert caught.value.path == str(tmp_path / "x")


def test_other_trouble_passes_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "x"):
        (tmp_path / "nowhere" / "x").write_bytes(b"")
