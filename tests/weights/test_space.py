from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from vmevalkit.errors import DiskSpaceError, InstallFailedError
from vmevalkit.weights.space import check_space, storing


def test_enough_room_with_a_tenth_to_spare_passes_also_for_a_folder_to_come(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    check_space(tmp_path / "not" / "there", free // 2)
    with pytest.raises(DiskSpaceError):
        check_space(tmp_path, int(free * 0.97))


def test_too_little_room_names_sizes_and_setting(tmp_path: Path) -> None:
    with pytest.raises(DiskSpaceError, match=r"1100000\.0 GB.*VMEVALKIT_WEIGHTS_DIR") as caught:
        check_space(tmp_path, 10**15)
    assert caught.value.needed == 11 * 10**14
    assert abs(caught.value.free - shutil.disk_usage(tmp_path).free) < 10**9


def test_full_disk_while_storing_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(DiskSpaceError, match="VMEVALKIT_WEIGHTS_DIR"), storing(tmp_path, 5):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_file_in_the_way_of_a_folder_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "weights").touch()
    with pytest.raises(InstallFailedError, match="cannot be written"), storing(tmp_path, 5):
        (tmp_path / "weights" / "someone").mkdir(parents=True)


def test_other_trouble_passes_through(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), storing(tmp_path, 5):
        raise ConnectionResetError(errno.ECONNRESET, "reset")
