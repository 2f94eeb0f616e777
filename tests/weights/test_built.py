from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import InstallFailedError
from vmevalkit.records.weights import WeightSource
from vmevalkit.weights.built import adopt_built
from vmevalkit.weights.check import check_weights
from vmevalkit.weights.shelf import WeightShelf


@pytest.fixture
def source(make_source: Callable[..., WeightSource]) -> WeightSource:
    return make_source(untrained="tiny")


@pytest.fixture
def build(safetensors: Callable[..., bytes]) -> Callable[[Path], None]:
    """Makes small weights."""

    def run(folder: Path) -> None:
        (folder / "unet").mkdir()
        (folder / "unet" / "model.safetensors").write_bytes(safetensors())

    return run


def test_built_weights_are_whole_and_marked(
    source: WeightSource, shelf: WeightShelf, build: Callable[[Path], None]
) -> None:
    manifest = adopt_built(source, shelf, build)
    assert (manifest.untrained, manifest.revision) == (True, None)
    assert check_weights(source, shelf, deep=True, fetch_command="") == manifest


def test_built_once(source: WeightSource, shelf: WeightShelf, build: Callable[[Path], None]) -> None:
    first = adopt_built(source, shelf, build)
    assert adopt_built(source, shelf, lambda _: pytest.fail("built again")) == first


def test_damaged_ones_are_built_again(source: WeightSource, shelf: WeightShelf, build: Callable[[Path], None]) -> None:
    adopt_built(source, shelf, build)
    (shelf.folder_of(source) / "unet" / "model.safetensors").write_bytes(b"")
    adopt_built(source, shelf, build)
    check_weights(source, shelf, deep=True, fetch_command="")


def test_failed_build_passes_its_error_on_and_leaves_nothing(source: WeightSource, shelf: WeightShelf) -> None:
    def build(folder: Path) -> None:
        (folder / "config.json").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        adopt_built(source, shelf, build)
    assert [path.name for path in shelf.root.rglob("*.json")] == []


@pytest.mark.parametrize("content", [None, b"{}"])
def test_builder_that_makes_no_whole_weights(source: WeightSource, shelf: WeightShelf, content: bytes | None) -> None:
    def build(folder: Path) -> None:
        if content is not None:
            (folder / "model.safetensors").write_bytes(content)

    with pytest.raises(InstallFailedError, match="someone/weights left no whole weights"):
        adopt_built(source, shelf, build)
    assert shelf.manifest_of(source) is None


def test_killed_build_is_begun_anew(source: WeightSource, shelf: WeightShelf, build: Callable[[Path], None]) -> None:
    program = f"""
import os, signal
from pathlib import Path
from vmevalkit.records.weights import WeightSource
from vmevalkit.weights.built import adopt_built
from vmevalkit.weights.shelf import WeightShelf
def build(folder):
    (folder / "old.json").touch()
    os.kill(os.getpid(), signal.SIGKILL)
source = WeightSource.model_validate_json({source.model_dump_json()!r})
adopt_built(source, WeightShelf(Path({str(shelf.root)!r})), build)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    assert shelf.manifest_of(source) is None
    assert [file.path for file in adopt_built(source, shelf, build).files] == ["unet/model.safetensors"]
