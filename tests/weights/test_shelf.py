from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import InvalidRequestError
from vmevalkit.records.weights import WeightFile, WeightManifest, WeightSource
from vmevalkit.weights.manifest import make_manifest
from vmevalkit.weights.shelf import WeightShelf, manifests_in

ONE, TWO = "1" * 40, "2" * 40

Make = Callable[..., WeightSource]


@pytest.fixture
def place(shelf: WeightShelf) -> Callable[..., WeightManifest]:
    """Puts files and their manifest on the shelf."""

    def put(source: WeightSource, *names: str, revision: str | None = ONE) -> WeightManifest:
        for name in names:
            path = shelf.folder_of(source) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name, encoding="utf-8")
        files = [WeightFile(path=name, bytes=len(name)) for name in names]
        manifest = make_manifest(source, files, revision=revision, origin="hub")
        shelf.write_manifest(source, manifest)
        return manifest

    return put


def test_folder_is_absolute_and_named_for_the_repository(make_source: Make) -> None:
    assert WeightShelf(Path("weights")).folder_of(make_source()) == Path.cwd() / "weights" / "someone" / "weights"


@pytest.mark.parametrize("name", ["..", "."])
def test_repository_cannot_name_a_folder_outside(shelf: WeightShelf, make_source: Make, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        shelf.folder_of(make_source().model_copy(update={"repository": f"someone/{name}"}))


def test_manifest_comes_back_as_written(shelf: WeightShelf, make_source: Make, place: Callable[..., object]) -> None:
    assert shelf.manifest_of(make_source()) is None
    assert place(make_source(), "a.bin") == shelf.manifest_of(make_source())


def test_selections_of_one_repository_do_not_stand_for_each_other(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object]
) -> None:
    place(make_source(ONE, "vae/config.json"), "vae/config.json")
    assert shelf.manifest_of(make_source(ONE, "vae/*")) is None
    assert shelf.manifest_of(make_source(ONE)) is None


def test_whole_repository_stands_for_each_selection(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object]
) -> None:
    place(make_source(ONE), "vae/a.bin", "unet/a.bin")
    manifest = shelf.manifest_of(make_source(ONE, "vae/*"))
    assert manifest is not None
    assert [file.path for file in manifest.files] == ["vae/a.bin"]


@pytest.mark.parametrize("content", ["", "{", '{"repository": "someone/weights"}'])
def test_manifest_that_cannot_be_read_is_none(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object], content: str
) -> None:
    place(make_source(), "a.bin")
    (shelf.folder_of(make_source()) / "vmevalkit-weights.json").write_text(content, encoding="utf-8")
    assert shelf.manifest_of(make_source()) is None


def test_removing_a_selection_leaves_what_others_share(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object]
) -> None:
    vae, all_json = make_source(ONE, "vae/*"), make_source(ONE, "*.json")
    place(vae, "vae/a.bin", "vae/config.json")
    place(all_json, "vae/config.json")
    shelf.remove(vae)
    assert [path.name for path in shelf.folder_of(vae).rglob("*.*") if "vmevalkit" not in path.name] == ["config.json"]
    shelf.remove(all_json)
    assert list(shelf.root.iterdir()) == []


def test_weights_that_a_link_leads_to_are_removed_with_it(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object], tmp_path: Path
) -> None:
    source = make_source()
    place(source, "model.bin")
    elsewhere = shelf.folder_of(source).rename(tmp_path / "large_disk")
    shelf.folder_of(source).symlink_to(elsewhere)
    shelf.remove(source)
    assert not elsewhere.exists()
    assert list(shelf.root.iterdir()) == []


def test_removing_what_is_not_there_changes_nothing(shelf: WeightShelf, make_source: Make) -> None:
    shelf.remove(make_source())
    assert not shelf.root.exists()


def test_withdrawing_spares_other_selections_of_the_same_revision(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object], caplog: pytest.LogCaptureFixture
) -> None:
    for pattern in ("vae/*", "unet/*"):
        place(make_source(ONE, pattern), f"{pattern[:-1]}a.bin")
    shelf.withdraw(make_source(ONE, "vae/*"), ONE)
    assert len(manifests_in(shelf.folder_of(make_source()))) == 1
    assert caplog.messages == []
    shelf.withdraw(make_source(TWO, "vae/*"), TWO)
    assert manifests_in(shelf.folder_of(make_source())) == {}
    assert f"revision {ONE} give way to revision {TWO}" in caplog.text


def test_withdrawing_a_file_withdraws_every_selection_that_has_it(
    shelf: WeightShelf, make_source: Make, place: Callable[..., object]
) -> None:
    whole, vae, unet = make_source(ONE), make_source(ONE, "vae/*"), make_source(ONE, "unet/*")
    place(whole, "vae/a.bin", "unet/a.bin")
    place(vae, "vae/a.bin")
    place(unet, "unet/a.bin")
    shelf.withdraw_file(vae, "vae/a.bin")
    assert [shelf.manifest_of(source) is None for source in (whole, vae, unet)] == [True, True, False]
    assert (shelf.folder_of(vae) / "vae" / "a.bin").is_file()


def test_lock_makes_others_wait(shelf: WeightShelf, make_source: Make, caplog: pytest.LogCaptureFixture) -> None:
    order: list[str] = []

    def second() -> None:
        with shelf.locked(make_source()):
            order.append("second")

    thread = threading.Thread(target=second)
    with shelf.locked(make_source()):
        thread.start()
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert "waiting for it" in caplog.text
