from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import WeightsNotFoundError
from vmevalkit.records.weights import WeightFile, WeightManifest, WeightSource
from vmevalkit.weights.check import check_weights
from vmevalkit.weights.manifest import MANIFEST_NAME, make_manifest
from vmevalkit.weights.shelf import WeightShelf

COMMAND = "vmevalkit weights fetch x"
MODEL = "unet/model.safetensors"


@pytest.fixture
def check(shelf: WeightShelf) -> Callable[..., WeightManifest]:
    """Checks a source on the shelf."""
    return lambda source, deep=False: check_weights(source, shelf, deep=deep, fetch_command=COMMAND)


@pytest.fixture
def refuse(check: Callable[..., WeightManifest]) -> Callable[..., str]:
    """Checks a source that is not all there, and gives the message, which names repository and command."""

    def refused(source: WeightSource, deep: bool = False) -> str:
        with pytest.raises(WeightsNotFoundError) as caught:
            check(source, deep)
        assert caught.value.repository == "someone/weights"
        assert COMMAND in str(caught.value)
        assert "someone/weights" in str(caught.value)
        return str(caught.value)

    return refused


def _change_last_byte(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("deep", [False, True])
def test_whole_weights_pass(fetched: WeightSource, check: Callable[..., WeightManifest], deep: bool) -> None:
    assert len(check(fetched, deep).files) == 5


def test_absent_weights(make_source: Callable[..., WeightSource], refuse: Callable[..., str]) -> None:
    assert "are not on this machine" in refuse(make_source())


def test_folder_with_files_and_no_manifest_is_half_finished(
    fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str]
) -> None:
    (shelf.folder_of(fetched) / MANIFEST_NAME).unlink()
    assert "half-finished" in refuse(fetched)


def test_missing_file(fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str]) -> None:
    (shelf.folder_of(fetched) / MODEL).unlink()
    assert f"{MODEL} of someone/weights is missing" in refuse(fetched)


def test_truncated_file_names_both_sizes(fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str]) -> None:
    path = shelf.folder_of(fetched) / MODEL
    size = path.stat().st_size
    os.truncate(path, 17)
    message = refuse(fetched)
    assert f"{MODEL} of someone/weights is truncated" in message
    assert "17 bytes" in message
    assert f"{size} bytes" in message


def test_zeroed_header_of_the_right_size(fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str]) -> None:
    path = shelf.folder_of(fetched) / MODEL
    path.write_bytes(bytes(path.stat().st_size))
    assert f"{MODEL} of someone/weights is damaged" in refuse(fetched)


def test_changed_value_is_found_by_a_deep_check_only(
    fetched: WeightSource, shelf: WeightShelf, check: Callable[..., WeightManifest], refuse: Callable[..., str]
) -> None:
    _change_last_byte(shelf.folder_of(fetched) / MODEL)
    check(fetched)
    assert f"The content of {MODEL} of someone/weights has changed" in refuse(fetched, deep=True)


@pytest.mark.parametrize("patterns", [(), ("unet/*",)])
def test_changed_value_that_was_found_once_is_not_passed_again(
    fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str], patterns: tuple[str, ...]
) -> None:
    source = fetched.model_copy(update={"patterns": patterns})
    _change_last_byte(shelf.folder_of(fetched) / MODEL)
    refuse(source, deep=True)
    assert "half-finished" in refuse(source)
    assert "half-finished" in refuse(fetched)


def test_changed_value_in_a_folder_that_cannot_be_written(
    fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _change_last_byte(shelf.folder_of(fetched) / MODEL)

    def forbid(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", forbid)  # whoever runs the tests may write everywhere
    message = refuse(fetched, deep=True)
    assert "Permission denied" in message
    assert f"delete {shelf.folder_of(fetched) / MODEL}, then: Run" in message


def test_other_revision_names_both(fetched: WeightSource, refuse: Callable[..., str]) -> None:
    other = fetched.model_copy(update={"revision": "f" * 40})
    assert all(revision in refuse(other) for revision in (str(fetched.revision), "f" * 40))


def test_other_selection_of_another_revision_names_both(
    fetched: WeightSource, shelf: WeightShelf, refuse: Callable[..., str], make_source: Callable[..., WeightSource]
) -> None:
    folder = shelf.folder_of(fetched)
    (folder / MANIFEST_NAME).rename(folder / "vmevalkit-weights-0123456789ab.json")
    message = refuse(make_source("f" * 40, "vae/*"))
    assert all(revision in message for revision in (str(fetched.revision), "f" * 40))


def test_source_without_a_revision_takes_the_one_that_is_there(
    fetched: WeightSource, check: Callable[..., WeightManifest], make_source: Callable[..., WeightSource]
) -> None:
    assert check(make_source()).revision == fetched.revision


@pytest.mark.parametrize(
    ("pinned", "text"),
    [
        ({"path": "absent.bin"}, "There is no absent.bin"),
        ({"path": "README.md", "bytes": 11}, "the 11 that are on record"),
        ({"path": "README.md", "sha256": "0" * 64}, "SHA-256"),
    ],
)
def test_pinned_files_must_be_there_as_pinned(
    fetched: WeightSource, check: Callable[..., WeightManifest], pinned: dict[str, object], text: str
) -> None:
    source = WeightSource.model_validate({**fetched.model_dump(), "files": [pinned]})
    with pytest.raises(WeightsNotFoundError, match=text):
        check(source)


def test_random_values_are_not_taken_for_trained_ones(
    fetched: WeightSource, shelf: WeightShelf, check: Callable[..., WeightManifest], refuse: Callable[..., str]
) -> None:
    shelf.write_manifest(fetched, check(fetched).model_copy(update={"origin": "untrained"}))
    assert "random values" in refuse(fetched)


@pytest.mark.parametrize("deep", [False, True])
def test_far_too_small_copy_names_both_sizes(
    fetched: WeightSource,
    shelf: WeightShelf,
    check: Callable[..., WeightManifest],
    refuse: Callable[..., str],
    deep: bool,
) -> None:
    large, manifest = fetched.model_copy(update={"gigabytes": 1.0}), check(fetched)
    check(large)  # the hub listed all that there is
    shelf.write_manifest(fetched, manifest.model_copy(update={"origin": "folder"}))
    check(fetched.model_copy(update={"gigabytes": 0.2}))
    message = refuse(large, deep)
    assert f"have {manifest.bytes} bytes in all" in message
    assert "about 1 GB" in message


def test_random_values_may_be_few(
    fetched: WeightSource, shelf: WeightShelf, check: Callable[..., WeightManifest]
) -> None:
    shelf.write_manifest(fetched, check(fetched).model_copy(update={"origin": "untrained"}))
    check(fetched.model_copy(update={"untrained": "tiny", "gigabytes": 100.0}))


def test_missing_shard_of_an_index_is_named_whatever_the_manifest_lists(
    fetched: WeightSource, shelf: WeightShelf, check: Callable[..., WeightManifest], refuse: Callable[..., str]
) -> None:
    path = shelf.folder_of(fetched) / "unet" / "model.safetensors.index.json"
    path.write_text('{"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}}', encoding="utf-8")
    manifest = check(fetched)
    listed = (*manifest.files, WeightFile(path="unet/model.safetensors.index.json"))
    shelf.write_manifest(fetched, manifest.model_copy(update={"files": listed}))
    assert "unet/more.safetensors is missing" in refuse(fetched)


def test_quick_check_reads_no_values(shelf: WeightShelf, make_source: Callable[..., WeightSource]) -> None:
    source, size = make_source(), 200 * 10**9
    path = shelf.folder_of(source) / "model.safetensors"
    path.parent.mkdir(parents=True)
    header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (size, size)
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    os.truncate(path, 8 + len(header) + size)  # takes no disk, and minutes to read
    files = [WeightFile(path=path.name, bytes=path.stat().st_size)]
    shelf.write_manifest(source, make_manifest(source, files, revision=None, origin="folder"))
    began = time.monotonic()
    check_weights(source, shelf, deep=False, fetch_command=COMMAND)
    assert time.monotonic() - began < 1
