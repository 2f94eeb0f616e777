from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnknownNameError
from vmevalkit.media.decode import decode
from vmevalkit.media.probe import probe
from vmevalkit.records.task import TaskPair
from vmevalkit.tasks.create import copy_shipped_tasks, create_tasks, plan_tasks
from vmevalkit.tasks.domain_registry import domains, load_domain
from vmevalkit.tasks.questions import read_metadata, read_questions

SMALL = ["maze", "sudoku"]


def _create(root: Path, names: list[str], count: int, seed: int = 1, *, force: bool = False) -> list[TaskPair]:
    summary = create_tasks(root, plan_tasks(names, count, seed=seed), force=force)
    assert summary.exit_code == 0
    return list(read_questions(root).tasks)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("created") / "questions"
    _create(root, domains().names(), 1)
    return root


def test_every_domain_makes_whole_tasks(tree: Path) -> None:
    found = read_questions(tree)
    assert found.problems == ()
    assert [task.id for task in found.tasks] == [f"{name}_0000" for name in sorted(domains().names())]
    assert all(task.final_frame and task.ground_truth and task.metadata for task in found.tasks)


@pytest.mark.parametrize("name", domains().names())
def test_ground_truth_goes_from_first_to_final_frame(tree: Path, name: str) -> None:
    (task,) = (task for task in read_questions(tree).tasks if task.domain == name)
    assert task.ground_truth is not None
    frames = [frame.pixels.astype(float) for frame in decode(task.ground_truth)]
    for path, frame in ((task.first_frame, frames[0]), (task.final_frame, frames[-1])):
        assert path is not None
        with Image.open(path) as image:
            assert np.abs(np.asarray(image.convert("RGB"), float) - frame).mean() < 3
    assert np.abs(frames[0] - frames[-1]).max() > 60


@pytest.mark.parametrize("name", domains().names())
def test_ground_truth_is_a_short_square_video(tree: Path, name: str) -> None:
    info = probe(tree / f"{name}_task" / f"{name}_0000" / "ground_truth.mp4")
    assert (info.width, info.height, info.codec, info.pixel_format) == (512, 512, "h264", "yuv420p")
    assert 2 <= info.duration_seconds <= 9


def test_metadata_says_how_the_task_was_made(tree: Path) -> None:
    metadata = json.loads((tree / "maze_task" / "maze_0000" / "question_metadata.json").read_text(encoding="utf-8"))
    assert (metadata["id"], metadata["domain"], metadata["difficulty"]) == ("maze_0000", "maze", "easy")
    assert metadata["generator"] == {
        "name": "vmevalkit/maze",
        "version": load_domain("maze").version,
        "seed": 1,
        "index": 0,
    }


def test_equal_seeds_give_equal_files(tmp_path: Path) -> None:
    for root in (tmp_path / "a", tmp_path / "b"):
        _create(root, SMALL, 1)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 10
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


def test_larger_set_begins_with_the_smaller_one(tmp_path: Path) -> None:
    small = _create(tmp_path, ["maze"], 1)
    before = small[0].first_frame.read_bytes()
    large = _create(tmp_path, ["maze"], 4)
    assert [task.id for task in large] == ["maze_0000", "maze_0001", "maze_0002", "maze_0003"]
    assert large[0].first_frame.read_bytes() == before
    assert [read_metadata(task)["difficulty"] for task in large] == ["easy", "medium", "hard", "easy"]


def test_task_of_another_seed_is_not_overwritten_without_force(tmp_path: Path) -> None:
    before = _create(tmp_path, ["maze"], 1, seed=1)[0].first_frame.read_bytes()
    summary = create_tasks(tmp_path, plan_tasks(["maze"], 1, seed=2))
    assert (summary.failed, summary.exit_code) == (1, 1)
    assert (tmp_path / "maze_task" / "maze_0000" / "first_frame.png").read_bytes() == before
    assert _create(tmp_path, ["maze"], 1, seed=2, force=True)[0].first_frame.read_bytes() != before


def test_task_of_another_difficulty_is_not_taken_for_the_one_asked_for(tmp_path: Path) -> None:
    _create(tmp_path, ["maze"], 1)
    assert create_tasks(tmp_path, plan_tasks(["maze"], 1, seed=1, difficulty="hard")).failed == 1


def test_task_of_the_users_own_is_never_replaced(tmp_path: Path) -> None:
    own = tmp_path / "maze_task" / "maze_0000" / "prompt.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    assert create_tasks(tmp_path, plan_tasks(["maze"], 1, seed=1), force=True).failed == 1
    assert own.read_text() == "mine"


def test_no_puzzle_comes_twice(tmp_path: Path) -> None:
    tasks = _create(tmp_path, ["maze"], 6)
    assert len({str(read_metadata(task)["fingerprint"]) for task in tasks}) == 6


def test_unknown_domain_suggests_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'sudoku'"):
        plan_tasks(["sudoko"], 1, seed=1)


def test_shipped_tasks_are_whole_and_copied_once(tmp_path: Path) -> None:
    assert [path.name for path in copy_shipped_tasks(tmp_path)] == ["tests_0001", "tests_0002"]
    assert copy_shipped_tasks(tmp_path) == []
    found = read_questions(tmp_path)
    assert found.problems == ()
    assert all(task.final_frame and task.ground_truth and task.domain == "tests" for task in found.tasks)
