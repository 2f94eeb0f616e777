from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.environments.source import MARKER_NAME, SourceShelf, fetch_source, remove_source, source_folder
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError
from vmevalkit.records.environment import SourceTree

Commit = Callable[[str], str]
Tree = Callable[..., SourceTree]
Git = Callable[..., str]


@pytest.fixture
def sources(tmp_path: Path) -> SourceShelf:
    """An empty shelf."""
    return SourceShelf(tmp_path / "envs")


@pytest.fixture
def fetch(sources: SourceShelf, notes: list[str]) -> Callable[[SourceTree], Path]:
    """Fetches a tree."""
    return lambda tree: fetch_source(tree, sources, on_note=notes.append)


Fetch = Callable[[SourceTree], Path]


def test_fetches_the_commit_and_not_the_newest(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    old, _ = commit("old"), commit("new")
    folder = fetch(tree(old))
    assert (folder / "run.py").read_text(encoding="utf-8") == "old"
    assert folder.name == f"vendor-{old[:12]}"
    assert source_folder(tree(old), sources, "install") == folder


def test_second_fetch_does_nothing(fetch: Fetch, tree: Tree, commit: Commit, git: Git, notes: list[str]) -> None:
    wanted = tree(commit("once"))
    folder = fetch(wanted)
    notes.clear()
    assert (fetch(wanted), notes) == (folder, [])


def test_server_that_gives_no_single_commits_is_cloned_whole(
    fetch: Fetch, tree: Tree, commit: Commit, monkeypatch: pytest.MonkeyPatch, sources: SourceShelf
) -> None:
    old, _ = commit("old"), commit("new")
    for name, value in (("COUNT", "1"), ("KEY_0", "protocol.version"), ("VALUE_0", "0")):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    folder = fetch(tree(old))
    assert (folder / "run.py").read_text(encoding="utf-8") == "old"
    assert "unadvertised object" in (sources.root / f"{folder.name}.fetch.log").read_text(encoding="utf-8")


def test_short_commit_is_found_in_the_history(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    old, _ = commit("old"), commit("new")
    assert (fetch(tree(old[:8])) / "run.py").read_text(encoding="utf-8") == "old"
    marker = sources.marker_of(tree(old[:8]))
    assert marker is not None
    assert marker.commit == old


def test_commit_that_no_branch_leads_to_is_told(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    commit("new")
    lost = tree("859021927d8e0f8eb4d91d16f86711b8c25a2023")
    with pytest.raises(InstallFailedError, match=r"the commit 8590\w+ is not in the history.*pin another commit"):
        fetch(lost)
    with pytest.raises(EnvironmentNotInstalledError, match=r"is not in .*Run `install vendor`"):
        source_folder(lost, sources, "install vendor")


def test_missing_file_is_named(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    wanted = tree(commit("whole"), needs=("run.py", "lvdm/models.py"))
    with pytest.raises(InstallFailedError, match=r"has no lvdm/models\.py at the commit"):
        fetch(wanted)
    assert sources.fault_of(wanted) is not None


@pytest.mark.parametrize("address", ["file:///no/such/repository", "https://127.0.0.1:9/nobody/there"])
def test_repository_that_is_away_is_told_at_once(fetch: Fetch, tree: Tree, commit: Commit, address: str) -> None:
    with pytest.raises(InstallFailedError, match=rf"{address} cannot be reached.*insteadOf"):
        fetch(tree(commit("here"), repository=address))


@pytest.mark.parametrize(
    "address",
    ["-upload-pack=touch /tmp/x", "ext::sh -c 'touch x'", "http://h/x", "git@h:x", "https://-h", "vendor", ""],
)
def test_address_that_is_none_is_refused(
    fetch: Fetch, tree: Tree, commit: Commit, address: str, notes: list[str]
) -> None:
    with pytest.raises(InstallFailedError, match="is fetched from"):
        fetch(tree(commit("here"), repository=address))
    assert notes == []


def test_missing_git_is_told(fetch: Fetch, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InstallFailedError, match="no git on PATH"):
        fetch(tree("0" * 40))


def test_folder_of_another_commit_is_not_used_and_fetched_anew(
    fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf
) -> None:
    wanted = tree(commit("right"))
    marker = fetch(wanted) / MARKER_NAME
    marker.write_text(marker.read_text(encoding="utf-8").replace(wanted.commit, "f" * 40), encoding="utf-8")
    with pytest.raises(EnvironmentNotInstalledError, match="is of the commit ffff"):
        source_folder(wanted, sources, "install")
    fetch(wanted)
    assert source_folder(wanted, sources, "install") == marker.parent


def test_lost_file_is_fetched_again(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    wanted = tree(commit("right"))
    (fetch(wanted) / "run.py").unlink()
    with pytest.raises(EnvironmentNotInstalledError, match=r"lacks run\.py"):
        source_folder(wanted, sources, "install")
    assert (fetch(wanted) / "run.py").exists()


def test_folder_of_somebody_else_is_left_alone(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    wanted = tree(commit("right"))
    mine = sources.folder_of(wanted) / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    with pytest.raises(InstallFailedError, match="was not made by"):
        fetch(wanted)
    assert mine.exists()


def test_mirror_of_the_user_is_taken(
    fetch: Fetch, tree: Tree, commit: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tree(commit("mirrored"), repository="https://example.org/vendor")
    values = ("1", f"url.{(tmp_path / 'vendor').as_uri()}.insteadOf", "https://example.org/vendor")
    for name, value in zip(("COUNT", "KEY_0", "VALUE_0"), values, strict=True):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    assert (fetch(wanted) / "run.py").read_text(encoding="utf-8") == "mirrored"


def test_variables_of_another_repository_do_no_harm(
    fetch: Fetch, tree: Tree, commit: Commit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tree(commit("right"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "mine"))
    assert (fetch(wanted) / "run.py").exists()
    assert not (tmp_path / "mine").exists()


_FETCH = """
import sys
from pathlib import Path
from vmevalkit.environments.source import SourceShelf, fetch_source
from vmevalkit.records.environment import SourceTree
fetch_source(SourceTree.model_validate_json(sys.argv[1]), SourceShelf(Path(sys.argv[2])), on_note=print)
"""


def test_killed_fetch_leaves_nothing_that_counts(
    fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf, tmp_path: Path, silent_server: str
) -> None:
    away = tree(commit("right"), repository=silent_server.replace("http", "https"))
    command = [sys.executable, "-c", _FETCH, away.model_dump_json(), str(tmp_path / "envs")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    here = tree(away.commit)
    assert sources.fault_of(here) is not None
    assert (fetch(here) / "run.py").exists()


def test_removed_tree_is_gone(fetch: Fetch, tree: Tree, commit: Commit, sources: SourceShelf) -> None:
    wanted = tree(commit("right"))
    fetch(wanted)
    assert remove_source(wanted, sources, on_note=print)
    assert not remove_source(wanted, sources, on_note=print)
    assert sources.fault_of(wanted) is not None
