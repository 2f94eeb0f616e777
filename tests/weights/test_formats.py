from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.weights.formats import fault_of


@pytest.fixture
def whole(tmp_path: Path, safetensors: Callable[..., bytes]) -> Path:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(500))
    return path


def test_whole_safetensors_file_is_fine(whole: Path) -> None:
    assert fault_of(whole) is None


def test_safetensors_library_agrees_about_a_file_it_wrote(tmp_path: Path) -> None:
    numpy, save_file = pytest.importorskip("numpy"), pytest.importorskip("safetensors.numpy").save_file
    path = tmp_path / "model.safetensors"
    save_file({"a": numpy.zeros((3, 4)), "b": numpy.zeros(0)}, path)
    assert fault_of(path) is None


@given(kept=st.integers(0, 10_000))
def test_safetensors_file_cut_anywhere_is_damaged(tmp_path_factory: pytest.TempPathFactory, kept: int) -> None:
    header = b'{"w":{"dtype":"U8","shape":[100],"data_offsets":[0,100]}}'
    content = len(header).to_bytes(8, "little") + header + bytes(100)
    path = tmp_path_factory.getbasetemp() / "cut.safetensors"
    path.write_bytes(content[: kept % len(content)])
    assert fault_of(path) is not None


@given(header=st.binary(max_size=60))
def test_any_header_at_all_is_looked_at_without_failing(
    tmp_path_factory: pytest.TempPathFactory, header: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert fault_of(path) is None or "header" in str(fault_of(path))


@pytest.mark.parametrize("header", [b"[]", b"{}x", b'{"w":{}}', b'{"w":{"data_offsets":[0]}}', b"[" * 99999, b"\xff"])
def test_header_that_is_none_is_damaged(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert fault_of(path) == "its safetensors header cannot be read"


def test_longer_file_than_its_header_tells_is_damaged(whole: Path) -> None:
    whole.write_bytes(whole.read_bytes() + b"\0")
    assert "tells of" in str(fault_of(whole))


def test_zip_of_torch_that_was_cut_is_damaged(published: Path) -> None:
    path = published / "vae" / "model.bin"
    assert fault_of(path) is None
    path.write_bytes(path.read_bytes()[:-30])
    assert "zip" in str(fault_of(path))


def test_pickle_without_zip_passes_and_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    path.write_bytes(pickle.dumps(_Trap(tmp_path / "sprung")))
    assert fault_of(path) is None
    assert not (tmp_path / "sprung").exists()


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.model", "config.json"])
def test_pointer_of_git_lfs_is_no_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n", encoding="utf-8")
    assert "Git LFS pointer" in str(fault_of(path))
