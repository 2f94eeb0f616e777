from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmevalkit.records.weights import WeightSource
from vmevalkit.retry import RetryPolicy
from vmevalkit.testing.hub import HubEmulator
from vmevalkit.weights.hub import fetch
from vmevalkit.weights.shelf import WeightShelf


@pytest.fixture
def shelf(tmp_path: Path) -> WeightShelf:
    return WeightShelf(tmp_path / "weights")


@pytest.fixture
def safetensors() -> Callable[..., bytes]:
    """Makes the content of a safetensors file with one tensor of random bytes."""

    def make(size: int = 4000, seed: int = 0) -> bytes:
        tensor = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
        header = json.dumps({"__metadata__": {"format": "pt"}, "weight": tensor}).encode()
        return len(header).to_bytes(8, "little") + header + random.Random(seed).randbytes(size)

    return make


@pytest.fixture
def published(tmp_path: Path, safetensors: Callable[..., bytes]) -> Path:
    """A folder as a repository has it: two large files and three small ones, two of which are alike."""
    folder = tmp_path / "published"
    for name in ("unet", "vae"):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text('{"layers": 2}', encoding="utf-8")
    (folder / "unet" / "model.safetensors").write_bytes(safetensors())
    with zipfile.ZipFile(folder / "vae" / "model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", bytes(3000))
    (folder / "README.md").write_text("# Weights\n", encoding="utf-8")
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubEmulator]:
    """A hub on loopback that HF_ENDPOINT leads to."""
    with HubEmulator() as emulator:
        monkeypatch.setenv("HF_ENDPOINT", emulator.endpoint)
        yield emulator


@pytest.fixture
def make_source() -> Callable[..., WeightSource]:
    """Makes a source with the fields that a test is about."""

    def make(revision: str | None = None, *patterns: str, **fields: object) -> WeightSource:
        known = {"repository": "someone/weights", "gigabytes": 1e-9, "licence": "MIT"}
        return WeightSource.model_validate({**known, "revision": revision, "patterns": patterns, **fields})

    return make


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmevalkit.weights.download._TRIES", RetryPolicy(attempts=5, first_wait_seconds=0))


def _ignore(done: int, total: int) -> None:
    pass


@pytest.fixture
def silent() -> Callable[[int, int], None]:
    """Takes progress, and keeps it to itself."""
    return _ignore


@pytest.fixture
def fetched(
    hub: HubEmulator, published: Path, shelf: WeightShelf, make_source: Callable[..., WeightSource]
) -> WeightSource:
    """A source whose weights are all on the shelf."""
    source = make_source(hub.publish("someone/weights", published))
    fetch(source, shelf, _ignore)
    return source
