from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import InstallFailedError, MissingExtraError, WeightsNotFoundError
from vmevalkit.records.weights import WeightSource
from vmevalkit.testing.hub import HubEmulator, HubFault
from vmevalkit.weights.plan import plan_fetch
from vmevalkit.weights.shelf import WeightShelf

Make = Callable[..., WeightSource]


@pytest.fixture
def revision(hub: HubEmulator, published: Path) -> str:
    return hub.publish("someone/weights", published)


def test_plan_tells_sizes_and_hashes_after_one_request(
    hub: HubEmulator, published: Path, shelf: WeightShelf, make_source: Make, revision: str
) -> None:
    plan = plan_fetch(make_source(revision), shelf)
    sizes = {path.relative_to(published).as_posix(): path.stat().st_size for path in published.rglob("*.*")}
    assert {file.path: file.bytes for file in plan.files} == sizes
    assert plan.bytes == plan.bytes_left == sum(sizes.values())
    assert {file.path for file in plan.files if file.sha256} == {"unet/model.safetensors", "vae/model.bin"}
    assert sum(hub.requests.values()) == 1
    assert not shelf.root.exists()


def test_what_is_here_need_not_come_again(shelf: WeightShelf, fetched: WeightSource) -> None:
    (shelf.folder_of(fetched) / "README.md").unlink()
    assert plan_fetch(fetched, shelf).bytes_left == len("# Weights\n")


def test_source_without_revision_gets_the_newest_with_a_warning(
    shelf: WeightShelf, make_source: Make, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert plan_fetch(make_source(), shelf).revision == revision
    assert revision in caplog.text


def test_patterns_choose_and_one_that_matches_nothing_is_told(
    shelf: WeightShelf, make_source: Make, revision: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan = plan_fetch(make_source(revision, "vae/*", "transformer/*"), shelf)
    assert [file.path for file in plan.files] == ["vae/config.json", "vae/model.bin"]
    assert "No file of someone/weights matches transformer/*" in caplog.text


def test_patterns_that_match_nothing_at_all(shelf: WeightShelf, make_source: Make, revision: str) -> None:
    with pytest.raises(WeightsNotFoundError, match=r"no files that match transformer/\*"):
        plan_fetch(make_source(revision, "transformer/*"), shelf)


@pytest.mark.parametrize(
    ("pinned", "text"),
    [
        ({"path": "unet/absent.bin"}, "There is no unet/absent.bin"),
        ({"path": "vae/model.bin", "bytes": 5}, "the 5 that are on record"),
        ({"path": "vae/model.bin", "sha256": "0" * 64}, "on record, 0000"),
    ],
)
def test_pinned_files_are_compared_before_anything_is_fetched(
    hub: HubEmulator, shelf: WeightShelf, make_source: Make, revision: str, pinned: dict[str, object], text: str
) -> None:
    with pytest.raises(WeightsNotFoundError, match=text):
        plan_fetch(make_source(revision, files=[pinned]), shelf)
    assert hub.requests["file"] == 0


def test_unknown_repository_and_revision(shelf: WeightShelf, make_source: Make, revision: str) -> None:
    with pytest.raises(WeightsNotFoundError, match="no repository nobody/nothing"):
        plan_fetch(make_source(repository="nobody/nothing"), shelf)
    with pytest.raises(WeightsNotFoundError, match=f"no revision {'a' * 40}"):
        plan_fetch(make_source("a" * 40), shelf)


@pytest.mark.parametrize(("kind", "text"), [("unavailable", "answered 503"), ("html", "not a list of files")])
def test_hub_out_of_order(
    hub: HubEmulator, shelf: WeightShelf, make_source: Make, revision: str, kind: str, text: str
) -> None:
    hub.faults.append(HubFault.model_validate({"kind": kind, "path": "*"}))
    with pytest.raises(InstallFailedError, match=text):
        plan_fetch(make_source(revision), shelf)


def test_without_the_library_the_extra_is_named(
    shelf: WeightShelf, make_source: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vmevalkit\[hub\]'"):
        plan_fetch(make_source(), shelf)
