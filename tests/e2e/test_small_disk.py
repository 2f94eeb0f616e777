from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.store.tree import OutputTree

UNSHARE = ["unshare", "--mount", "--map-root-user", "sh", "-c"]


def _can_mount() -> bool:
    test = 'mount -t tmpfs tmpfs "$HOME"'
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, test], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _can_mount(), reason="this machine lets nobody mount a small disk")


def _generate(questions: Path, disk: Path, before: str, after: str = "true") -> subprocess.CompletedProcess[str]:
    """Run `generate` with `disk` being a disk of its own; what is on it afterwards is copied to `disk`.copy."""
    generate = f"'{sys.executable}' -m vmevalkit generate --all-tasks --questions-dir '{questions}'"
    script = f"{before} && {generate} --output-dir '{disk}/outputs'; code=$?; {after}; exit $code"
    return subprocess.run([*UNSHARE, script], capture_output=True, text=True, timeout=120, check=False)


def test_full_disk_fails_items_with_a_typed_error_and_takes_nothing_half_written_for_done(
    questions: Path, make_task: Callable[..., Path], tmp_path: Path
) -> None:
    for number in range(40):
        make_task(f"maze_{number:04d}")
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=600k tmpfs '{disk}'"
    completed = _generate(questions, disk, mount, f"cp -r '{disk}/outputs' '{copy}'")
    assert completed.returncode == 1
    assert "OutputNotWritableError" in completed.stderr or "No space left on device" in completed.stderr
    assert "Traceback" not in completed.stderr
    with OutputTree(copy) as tree:
        succeeded = [entry for entry in tree.entries() if entry.status == "success"]
        assert 0 < len(succeeded) < 120
        assert all(tree.is_verified(entry) for entry in succeeded)


def test_read_only_disk_is_a_typed_error(questions: Path, make_task: Callable[..., Path], tmp_path: Path) -> None:
    make_task()
    disk = tmp_path / "disk"
    disk.mkdir()
    completed = _generate(questions, disk, f"mount -t tmpfs -o ro tmpfs '{disk}'")
    assert completed.returncode == 3
    assert "--output-dir" in completed.stderr
    assert "Traceback" not in completed.stderr
