from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import UnknownNameError
from vmevalkit.store.audit import audit
from vmevalkit.store.index import INDEX_NAME
from vmevalkit.store.journal import append_event
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree


def _task(tree: OutputTree, task: str = "maze_0001") -> Path:
    return tree.layout.task_folder("control-still", "maze", task)


def test_recorded_run_is_done(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree)
    assert tree.is_done("i1", _task(tree))
    assert not tree.is_done("another", _task(tree))


def test_done_is_known_without_the_index(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree)
    tree.close()
    (tree.layout.state / INDEX_NAME).unlink()
    with OutputTree(tree.layout.root) as again:
        assert again.is_done("i1", _task(again))


@pytest.mark.parametrize("status", ["failed", "refused", "interrupted", "unknown"])
def test_only_success_is_done(tree: OutputTree, make_run: Callable[..., RunFolder], status: str) -> None:
    make_run(tree, status=status)
    assert not tree.is_done("i1", _task(tree))
    assert [entry.status for entry in tree.runs_of("i1", _task(tree))] == [status]


@pytest.mark.parametrize("damage", ["cut", "swap", "remove"])
def test_changed_video_is_not_done(tree: OutputTree, make_run: Callable[..., RunFolder], damage: str) -> None:
    video = make_run(tree).video_dir / "generated_video.mp4"
    content = video.read_bytes()
    if damage == "remove":
        video.unlink()
    else:
        video.write_bytes(content[:-1] if damage == "cut" else content[::-1])
    assert not tree.is_done("i1", _task(tree))


def test_folder_without_record_is_not_done(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree).record.unlink()
    assert not tree.is_done("i1", _task(tree))


def test_run_added_by_another_process_is_seen(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree, identity="other")
    assert not tree.is_done("i1", _task(tree))
    with OutputTree(tree.layout.root) as beside:
        make_run(beside)
    (tree.layout.state / INDEX_NAME).unlink()
    assert tree.is_done("i1", _task(tree))


def test_moved_tree_is_still_done(tree: OutputTree, make_run: Callable[..., RunFolder], tmp_path: Path) -> None:
    make_run(tree)
    tree.close()
    shutil.move(tree.layout.root, tmp_path / "moved")
    with OutputTree(tmp_path / "moved") as moved:
        assert moved.is_done("i1", _task(moved))
        assert [entry.task_id for entry in moved.entries()] == ["maze_0001"]


def test_damaged_index_is_thrown_away(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree)
    tree.close()
    (tree.layout.state / INDEX_NAME).write_bytes(b"not a database" * 100)
    with OutputTree(tree.layout.root) as again:
        assert again.is_done("i1", _task(again))


def test_older_layouts_are_listed(tree: OutputTree) -> None:
    record = {"inference": {"model": "m", "timestamp": "2025-01-03T14:30:25", "status": "success"}}
    for place in ("flat_run", "maze_task/maze_0000/run_1", "m/maze_task/maze_0001/run_2", "m/maze_task/maze_0002"):
        folder = tree.layout.root / place
        folder.mkdir(parents=True)
        (folder / "metadata.json").write_text(json.dumps(record))
    assert {entry.folder for entry in tree.entries()} == {
        "flat_run",
        "maze_task/maze_0000/run_1",
        "m/maze_task/maze_0001/run_2",
        "m/maze_task/maze_0002",
    }
    assert [entry.folder for entry in tree.entries()] == [entry.folder for entry in tree.entries()]


def test_run_is_found_by_id_and_by_folder(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    folder: RunFolder = make_run(tree)
    by_id, run = tree.find(folder.path.name)
    by_folder, _ = tree.find(folder.path.relative_to(tree.layout.root).as_posix())
    assert by_id == by_folder == folder
    assert run.inference.model == "control-still"


def test_unknown_run_is_a_typed_error(tree: OutputTree) -> None:
    with pytest.raises(UnknownNameError, match="Unknown run: 'nothing'"):
        tree.find("nothing")


def test_killed_run_is_recovered_as_interrupted(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    make_run(tree, status="interrupted").record.unlink()
    recovered = tree.recover(_task(tree))
    assert [(entry.status, entry.error) for entry in recovered] == [("interrupted", "The process was killed")]
    assert tree.recover(_task(tree)) == []


def test_run_that_is_being_worked_on_is_left_alone(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    folder = make_run(tree)
    folder.record.unlink()
    with tree.working_on(folder) as free:
        assert free
        assert tree.recover(_task(tree)) == []
        assert [problem.kind for problem in audit(tree).problems] == ["in_progress"]


def test_start_event_alone_is_enough_to_recover(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    folder = make_run(tree)
    folder.record.unlink()
    append_event(folder.journal, "submitted", {"job": "j1"})
    assert tree.recover(_task(tree))[0].run_id == folder.path.name


def test_file_hash_follows_the_content(tree: OutputTree, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"one")
    before = tree.hash_of(tmp_path / "x")
    (tmp_path / "x").write_bytes(b"three")
    assert tree.hash_of(tmp_path / "x") != before


def test_threads_share_a_tree(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    def work(number: int) -> None:
        make_run(tree, f"maze_{number:04d}", identity=str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(tree.is_done(str(number), _task(tree, f"maze_{number:04d}")) for number in range(8))
