from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import WeightsNotFoundError
from vmevalkit.records.weights import WeightManifest, WeightSource
from vmevalkit.weights.check import check_weights
from vmevalkit.weights.folder import copy_from
from vmevalkit.weights.manifest import MANIFEST_NAME, hash_manifest
from vmevalkit.weights.shelf import WeightShelf

MODEL = "unet/model.safetensors"

Make = Callable[..., WeightSource]
Copy = Callable[[Path, WeightSource], WeightManifest]


@pytest.fixture
def other(tmp_path: Path) -> WeightShelf:
    return WeightShelf(tmp_path / "other")


@pytest.fixture
def copy(other: WeightShelf) -> Copy:
    """Copies a source from a folder onto the other shelf, in silence."""

    def run(folder: Path, source: WeightSource) -> WeightManifest:
        return copy_from(folder, source, other, lambda *_: None)

    return run


def test_plain_folder_is_copied_whole_without_a_revision(
    published: Path, other: WeightShelf, copy: Copy, make_source: Make
) -> None:
    source = make_source("1" * 40)
    manifest = copy(published, source)
    assert (manifest.origin, manifest.revision, len(manifest.files)) == ("folder", None, 5)
    assert check_weights(source, other, deep=True, fetch_command="") == manifest


def test_files_are_linked_on_one_disk(published: Path, other: WeightShelf, copy: Copy, make_source: Make) -> None:
    copy(published, make_source())
    assert (other.folder_of(make_source()) / MODEL).samefile(published / MODEL)


def test_links_into_a_cache_become_files(
    published: Path, other: WeightShelf, copy: Copy, make_source: Make, tmp_path: Path
) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    (snapshot / "README.md").symlink_to(published / "README.md")
    copy(snapshot, make_source())
    assert not (other.folder_of(make_source()) / "README.md").is_symlink()


def test_folder_laid_out_as_a_shelf_tells_revision_and_hashes(
    fetched: WeightSource, shelf: WeightShelf, copy: Copy
) -> None:
    manifest = copy(shelf.root, fetched)
    known = shelf.manifest_of(fetched)
    assert known is not None
    assert (manifest.origin, manifest.revision) == ("folder", fetched.revision)
    assert hash_manifest(manifest) == hash_manifest(known)


def test_folder_of_one_repository_with_its_manifest_may_be_called_anything(
    fetched: WeightSource, shelf: WeightShelf, copy: Copy, tmp_path: Path
) -> None:
    shelf.folder_of(fetched).rename(tmp_path / "stick")
    assert copy(tmp_path / "stick", fetched).revision == fetched.revision


def test_patterns_choose(published: Path, copy: Copy, make_source: Make) -> None:
    assert [file.path for file in copy(published, make_source(None, "*.json")).files] == [
        "unet/config.json",
        "vae/config.json",
    ]


def test_what_git_and_the_hub_keep_beside_is_left_out(published: Path, copy: Copy, make_source: Make) -> None:
    for name in (".git", ".cache"):
        (published / name).mkdir()
        (published / name / "index").touch()
    assert len(copy(published, make_source()).files) == 5


def test_random_values_stay_marked(fetched: WeightSource, shelf: WeightShelf, copy: Copy) -> None:
    known = shelf.manifest_of(fetched)
    assert known is not None
    shelf.write_manifest(fetched, known.model_copy(update={"origin": "untrained"}))
    assert copy(shelf.root, fetched.model_copy(update={"untrained": "tiny"})).untrained
    with pytest.raises(WeightsNotFoundError, match="random values"):
        copy(shelf.root, fetched)


def test_changed_value_in_a_folder_with_hashes_is_refused(
    fetched: WeightSource, shelf: WeightShelf, other: WeightShelf, copy: Copy
) -> None:
    path = shelf.folder_of(fetched) / MODEL
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsNotFoundError, match=f"{MODEL} has the SHA-256"):
        copy(shelf.root, fetched)
    assert other.manifest_of(fetched) is None


def test_pinned_hash_is_compared_for_a_plain_folder(published: Path, copy: Copy, make_source: Make) -> None:
    with pytest.raises(WeightsNotFoundError, match=f"on record, {'0' * 64}"):
        copy(published, make_source(files=[{"path": MODEL, "sha256": "0" * 64}]))


def _cut(folder: Path) -> None:
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:-1])


def _half_finish(folder: Path) -> None:
    (folder / ".partial").mkdir()


def _lose_a_part(folder: Path) -> None:
    (folder / MODEL).rename(folder / "unet" / "model-00001-of-00002.safetensors")


def _add_a_component(folder: Path) -> None:
    text = '{"_class_name": "Pipeline", "transformer": ["diffusers", "SomeModel"]}'
    (folder / "model_index.json").write_text(text, encoding="utf-8")


def _break_the_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).write_text("{", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_cut, "damaged"),
        (_half_finish, "half-finished"),
        (_break_the_manifest, "half-finished"),
        (_lose_a_part, "there are 1 of the 2 parts of unet/model.safetensors"),
        (_add_a_component, "there is no file in transformer"),
        (shutil.rmtree, "There is no folder"),
    ],
)
def test_folder_without_what_is_asked_for_is_refused(
    published: Path, other: WeightShelf, copy: Copy, make_source: Make, spoil: Callable[[Path], None], text: str
) -> None:
    spoil(published)
    with pytest.raises(WeightsNotFoundError, match=text):
        copy(published, make_source())
    assert not other.root.exists()


def test_far_too_small_folder_is_refused_with_the_size_that_is_expected(
    published: Path, other: WeightShelf, copy: Copy, make_source: Make
) -> None:
    with pytest.raises(WeightsNotFoundError, match=r"bytes in all.*about 90\.1 GB.*Name a folder"):
        copy(published, make_source(gigabytes=90.1))
    assert not other.root.exists()


def test_missing_pinned_file_is_refused(published: Path, copy: Copy, make_source: Make) -> None:
    with pytest.raises(WeightsNotFoundError, match=r"There is no lora\.bin"):
        copy(published, make_source(files=[{"path": "lora.bin"}]))


def test_folder_on_the_shelf_itself_is_taken_as_it_is(
    published: Path, other: WeightShelf, copy: Copy, make_source: Make
) -> None:
    shutil.copytree(published, other.folder_of(make_source()))
    copy(other.root, make_source())
    check_weights(make_source(), other, deep=True, fetch_command="")
    assert len(list(other.folder_of(make_source()).rglob("*.*"))) == 6
