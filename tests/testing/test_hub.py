"""The hub's own library is the judge of the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

from vmevalkit.testing.hub import HubEmulator, HubFault


@pytest.fixture
def hub() -> Iterator[HubEmulator]:
    with HubEmulator() as emulator:
        yield emulator


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "model.safetensors").write_bytes(bytes(range(256)) * 40)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    return folder


def test_library_downloads_a_snapshot(hub: HubEmulator, published: Path, tmp_path: Path) -> None:
    commit = hub.publish("someone/weights", published)
    folder = snapshot_download(
        "someone/weights", revision=commit, local_dir=tmp_path / "here", endpoint=hub.endpoint, cache_dir=tmp_path
    )
    for name in ("unet/model.safetensors", "config.json"):
        assert (Path(folder) / name).read_bytes() == (published / name).read_bytes()


def test_library_reads_sizes_and_hashes(hub: HubEmulator, published: Path) -> None:
    commit = hub.publish("someone/weights", published)
    info = HfApi(endpoint=hub.endpoint).model_info("someone/weights", files_metadata=True)
    assert info.sha == commit
    assert info.siblings is not None
    large = {file.rfilename: file.lfs.sha256 for file in info.siblings if file.lfs is not None}
    assert list(large) == ["unet/model.safetensors"]


def test_library_goes_on_after_a_cut(hub: HubEmulator, published: Path, tmp_path: Path) -> None:
    hub.publish("someone/weights", published)
    hub.faults.append(HubFault(kind="cut", path="model.safetensors"))
    path = hf_hub_download(
        "someone/weights", "unet/model.safetensors", endpoint=hub.endpoint, local_dir=tmp_path / "here"
    )
    assert Path(path).read_bytes() == (published / "unet" / "model.safetensors").read_bytes()
    assert len(hub.ranges) == 2


def test_library_knows_its_errors(hub: HubEmulator, published: Path) -> None:
    api = HfApi(endpoint=hub.endpoint)
    hub.publish("someone/weights", published, gated=True)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("nobody/nothing")
    with pytest.raises(RevisionNotFoundError):
        api.model_info("someone/weights", revision="a" * 40)
    with pytest.raises(GatedRepoError):
        hf_hub_download("someone/weights", "config.json", endpoint=hub.endpoint)
