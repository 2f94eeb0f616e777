from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.records.weights import WeightSource
from vmevalkit.testing.hub import HubEmulator

UNSHARE = ["unshare", "--mount", "--map-root-user", "sh", "-c"]


def _can_mount() -> bool:
    test = 'mount -t tmpfs tmpfs "$HOME"'
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, test], check=False).returncode == 0


pytestmark = pytest.mark.skipif(not _can_mount(), reason="this machine lets nobody mount a small disk")

PROGRAM = """
import sys
from pathlib import Path
from vmevalkit.errors import DiskSpaceError
from vmevalkit.records.weights import WeightSource
from vmevalkit.weights import hub
from vmevalkit.weights.built import adopt_built
from vmevalkit.weights.shelf import WeightShelf
shelf, source = WeightShelf(Path(sys.argv[1])), WeightSource.model_validate_json(sys.argv[2])
if "unchecked" in sys.argv:
    hub.check_space = lambda *_: None
try:
    if "build" in sys.argv:
        adopt_built(source, shelf, lambda folder: (folder / "model.bin").write_bytes(bytes(2_000_000)))
    else:
        hub.fetch(source, shelf, lambda *_: None)
except DiskSpaceError as error:
    assert shelf.manifest_of(source) is None
    print(type(error).__name__, error, [path.name for path in Path(sys.argv[1]).rglob("*.safetensors")])
"""


@pytest.mark.parametrize("way", ["fetch", "unchecked", "build"])
def test_full_disk_is_a_typed_error_and_nothing_counts_as_done(
    hub: HubEmulator,
    published: Path,
    make_source: Callable[..., WeightSource],
    safetensors: Callable[..., bytes],
    tmp_path: Path,
    way: str,
) -> None:
    (published / "unet" / "model.safetensors").write_bytes(safetensors(3_000_000))
    source = make_source(hub.publish("someone/weights", published)).model_dump_json()
    disk, program = tmp_path / "disk", tmp_path / "program.py"
    disk.mkdir()
    program.write_text(PROGRAM, encoding="utf-8")
    script = f"mount -t tmpfs -o size=1500k tmpfs '{disk}' && '{sys.executable}' '{program}' '{disk}' '{source}' {way}"
    done = subprocess.run([*UNSHARE, script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "DiskSpaceError" in done.stdout
    assert "VMEVALKIT_WEIGHTS_DIR" in done.stdout
    assert done.stdout.endswith("[]\n")
