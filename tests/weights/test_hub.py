from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import DiskSpaceError, InstallFailedError, WeightsNotFoundError
from vmevalkit.hashes import hash_file
from vmevalkit.records.weights import WeightManifest, WeightSource
from vmevalkit.testing.hub import HubEmulator, HubFault
from vmevalkit.weights.check import check_weights
from vmevalkit.weights.hub import fetch
from vmevalkit.weights.shelf import WeightShelf, manifests_in

MODEL = "unet/model.safetensors"
LARGE = 6_000_000

Make = Callable[..., WeightSource]
Bring = Callable[[WeightSource], WeightManifest]


def starts(hub: HubEmulator) -> list[int]:
    """The first bytes that were asked for of the large file, request by request."""
    return [start for path, start in hub.ranges if path == MODEL]


@pytest.fixture
def bring(shelf: WeightShelf) -> Bring:
    """Fetches a source onto the shelf, in silence."""

    def run(source: WeightSource) -> WeightManifest:
        return fetch(source, shelf, lambda *_: None)

    return run


@pytest.fixture
def source(hub: HubEmulator, published: Path, make_source: Make) -> WeightSource:
    return make_source(hub.publish("someone/weights", published))


@pytest.fixture
def large(hub: HubEmulator, published: Path, make_source: Make, safetensors: Callable[..., bytes]) -> WeightSource:
    """A source with a file of several megabytes."""
    (published / MODEL).write_bytes(safetensors(LARGE))
    return make_source(hub.publish("someone/weights", published))


def test_fetched_files_are_those_that_were_published(
    source: WeightSource, shelf: WeightShelf, bring: Bring, published: Path
) -> None:
    manifest = bring(source)
    assert (manifest.origin, manifest.revision) == ("hub", source.revision)
    assert {file.path for file in manifest.files} == {
        path.relative_to(published).as_posix() for path in published.rglob("*.*")
    }
    for file in manifest.files:
        assert hash_file(published / file.path) == file.sha256 == hash_file(shelf.folder_of(source) / file.path)
    assert not shelf.partial_folder_of(source).exists()


def test_progress_is_in_bytes_and_ends_with_all_of_them(source: WeightSource, shelf: WeightShelf) -> None:
    told: list[tuple[int, int]] = []
    manifest = fetch(source, shelf, lambda done, total: told.append((done, total)))
    assert told[-1] == (manifest.bytes, manifest.bytes)
    assert told == sorted(told)


def test_second_fetch_asks_the_hub_nothing(hub: HubEmulator, fetched: WeightSource, bring: Bring) -> None:
    before = hub.requests.total()
    assert bring(fetched).revision == fetched.revision
    assert hub.requests.total() == before


def test_pinned_revision_is_fetched_whatever_is_newest(
    hub: HubEmulator, source: WeightSource, bring: Bring, tmp_path: Path
) -> None:
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "other.json").write_text("{}", encoding="utf-8")
    newest = hub.publish("someone/weights", tmp_path / "newer")
    manifest = bring(source)
    assert manifest.revision == source.revision != newest
    assert MODEL in {file.path for file in manifest.files}


def test_unpinned_source_keeps_the_revision_of_its_first_fetch(
    hub: HubEmulator, source: WeightSource, bring: Bring, published: Path, make_source: Make
) -> None:
    assert bring(make_source()).revision == source.revision
    (published / "README.md").write_text("# Newer\n", encoding="utf-8")
    assert hub.publish("someone/weights", published) != source.revision
    assert bring(make_source()).revision == source.revision


def test_another_revision_replaces_the_first(
    hub: HubEmulator, fetched: WeightSource, shelf: WeightShelf, bring: Bring, published: Path, make_source: Make
) -> None:
    (published / "README.md").write_text("# WEIGHTS\n", encoding="utf-8")  # of the same length
    newer = make_source(hub.publish("someone/weights", published))
    sent = hub.sent[MODEL]
    assert bring(newer).revision == newer.revision
    assert (shelf.folder_of(newer) / "README.md").read_text(encoding="utf-8") == "# WEIGHTS\n"
    assert hub.sent[MODEL] == sent


def test_two_selections_share_a_folder(
    source: WeightSource, shelf: WeightShelf, bring: Bring, make_source: Make
) -> None:
    for pattern in ("vae/*", "*.json"):
        bring(make_source(source.revision, pattern))
    assert len(manifests_in(shelf.folder_of(source))) == 2
    assert not (shelf.folder_of(source) / MODEL).exists()


def test_cut_download_goes_on_where_it_stopped(
    hub: HubEmulator, large: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.faults.append(HubFault(kind="cut", path=MODEL))
    bring(large)
    assert starts(hub) == [0, 2 * 2**20]
    check_weights(large, shelf, deep=True, fetch_command="")


def test_mirror_that_cannot_continue_is_read_from_the_start(
    hub: HubEmulator, large: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.faults += [HubFault(kind="cut", path=MODEL), HubFault(kind="no_range", path=MODEL)]
    bring(large)
    check_weights(large, shelf, deep=True, fetch_command="")


def test_passing_faults_are_waited_out(hub: HubEmulator, source: WeightSource, bring: Bring) -> None:
    hub.faults.append(HubFault(kind="unavailable", path=MODEL, times=3))
    bring(source)
    assert starts(hub) == [0]


def test_lasting_fault_ends_it_and_what_arrived_is_kept(
    hub: HubEmulator, large: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.faults += [HubFault(kind="cut", path=MODEL), HubFault(kind="unavailable", path=MODEL, times=99)]
    with pytest.raises(InstallFailedError, match="answered 503"):
        bring(large)
    assert shelf.manifest_of(large) is None
    hub.faults.clear()
    bring(large)
    assert starts(hub) == [0, 2 * 2**20]


def test_stall_ends_in_another_try(
    hub: HubEmulator, large: WeightSource, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DOWNLOAD_TIMEOUT", 0.3)
    hub.faults.append(HubFault(kind="stall", path=MODEL))
    bring(large)
    assert starts(hub) == [0, 2 * 2**20]


@pytest.mark.parametrize("kind", ["truncated", "too_long", "garbage", "html"])
@pytest.mark.parametrize("path", [MODEL, "README.md"])
def test_wrong_content_is_refused_and_the_next_fetch_mends_it(
    hub: HubEmulator, source: WeightSource, shelf: WeightShelf, bring: Bring, kind: str, path: str
) -> None:
    hub.faults.append(HubFault.model_validate({"kind": kind, "path": path}))
    with pytest.raises(InstallFailedError, match="someone/weights"):
        bring(source)
    assert shelf.manifest_of(source) is None
    assert not (shelf.folder_of(source) / path).exists()
    bring(source)
    check_weights(source, shelf, deep=True, fetch_command="")


def test_damaged_beginning_left_by_an_earlier_process_is_fetched_anew(
    hub: HubEmulator, large: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.faults += [HubFault(kind="cut", path=MODEL), HubFault(kind="missing", path=MODEL)]
    with pytest.raises(WeightsNotFoundError):
        bring(large)
    partial = max(shelf.partial_folder_of(large).iterdir(), key=lambda path: path.stat().st_size)
    partial.write_bytes(bytes(partial.stat().st_size))
    bring(large)
    assert starts(hub) == [0, 2 * 2**20, 0]
    check_weights(large, shelf, deep=True, fetch_command="")


def test_damaged_files_alone_are_fetched_again(
    hub: HubEmulator, fetched: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.ranges.clear()
    path = shelf.folder_of(fetched) / MODEL
    path.write_bytes(bytes(path.stat().st_size))
    bring(fetched)
    assert hub.ranges == [(MODEL, 0)]
    check_weights(fetched, shelf, deep=True, fetch_command="")


def test_fetch_mends_what_a_deep_check_found(
    hub: HubEmulator, fetched: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.ranges.clear()
    path = shelf.folder_of(fetched) / MODEL
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(WeightsNotFoundError, match=f"content of {MODEL}"):
        check_weights(fetched, shelf, deep=True, fetch_command="")
    bring(fetched)
    assert hub.ranges == [(MODEL, 0)]
    check_weights(fetched, shelf, deep=True, fetch_command="")


def test_shard_that_the_hub_lacks_is_found_before_the_others_are_fetched(
    hub: HubEmulator, published: Path, shelf: WeightShelf, make_source: Make, bring: Bring
) -> None:
    names = '{"weight_map": {"a": "model.safetensors", "b": "more.safetensors"}}'
    (published / "unet" / "model.safetensors.index.json").write_text(names, encoding="utf-8")
    source = make_source(hub.publish("someone/weights", published))
    with pytest.raises(WeightsNotFoundError, match=r"more\.safetensors is missing.*mend the catalog entry"):
        bring(source)
    assert hub.ranges == [("unet/model.safetensors.index.json", 0)]
    assert shelf.manifest_of(source) is None


def test_file_that_is_broken_as_published_is_refused(
    hub: HubEmulator, published: Path, make_source: Make, bring: Bring
) -> None:
    (published / MODEL).write_bytes(bytes(100))
    with pytest.raises(WeightsNotFoundError, match="damaged"):
        bring(make_source(hub.publish("someone/weights", published)))


def test_manifest_that_somebody_published_counts_for_nothing(
    hub: HubEmulator, fetched: WeightSource, shelf: WeightShelf, bring: Bring, make_source: Make
) -> None:
    copy = make_source(hub.publish("other/copy", shelf.folder_of(fetched)), repository="other/copy")
    assert "vmevalkit-weights.json" not in {file.path for file in bring(copy).files}


def test_gated_repository_names_page_and_variable_then_takes_the_token(
    hub: HubEmulator, published: Path, make_source: Make, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_source(hub.publish("someone/weights", published, gated=True), gated=True)
    for token in ("", "hf_of_somebody_else"):
        monkeypatch.setenv("HF_TOKEN", token)
        with pytest.raises(WeightsNotFoundError, match=f"{hub.endpoint}/someone/weights.*HF_TOKEN"):
            bring(source)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    bring(source)
    assert hub.leaked_tokens == 0


def test_password_of_a_mirror_is_not_told(make_source: Make, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://user:s3cret@127.0.0.1:9")
    with pytest.raises(InstallFailedError, match=r"hidden.*127\.0\.0\.1:9") as caught:
        bring(make_source("1" * 40))
    assert "s3cret" not in str(caught.value)


def test_without_a_network_it_fails_fast(make_source: Make, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(InstallFailedError, match=r"127\.0\.0\.1:9 could not be reached.*HF_ENDPOINT.*--weights-from"):
        bring(make_source("1" * 40))
    assert time.monotonic() - began < 5


def test_offline_with_everything_asks_nothing(
    hub: HubEmulator, fetched: WeightSource, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert bring(fetched).origin == "hub"


def test_offline_with_nothing(make_source: Make, bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsNotFoundError, match=r"HF_HUB_OFFLINE is set.*not on this machine"):
        bring(make_source())


def test_offline_with_half(
    hub: HubEmulator, large: WeightSource, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.faults += [HubFault(kind="cut", path=MODEL), HubFault(kind="missing", path=MODEL)]
    with pytest.raises(WeightsNotFoundError, match="not where"):
        bring(large)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsNotFoundError, match="half-finished"):
        bring(large)


def test_disk_without_room_is_found_before_anything_is_fetched(
    hub: HubEmulator, source: WeightSource, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmevalkit.weights.space._free", lambda _: 1000)
    with pytest.raises(DiskSpaceError, match="VMEVALKIT_WEIGHTS_DIR"):
        bring(source)
    assert hub.requests["file"] == 0


def test_killed_download_goes_on_where_it_stopped(
    hub: HubEmulator, large: WeightSource, shelf: WeightShelf, bring: Bring
) -> None:
    hub.bytes_per_second = LARGE / 3
    program = f"""
from pathlib import Path
from vmevalkit.records.weights import WeightSource
from vmevalkit.weights.hub import fetch
from vmevalkit.weights.shelf import WeightShelf
fetch(WeightSource.model_validate_json({large.model_dump_json()!r}), WeightShelf(Path({str(shelf.root)!r})), print)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL)
    while hub.sent[MODEL] < LARGE // 2 and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    hub.bytes_per_second = None
    assert shelf.manifest_of(large) is None
    bring(large)
    assert starts(hub)[-1] >= 2**20
    check_weights(large, shelf, deep=True, fetch_command="")
