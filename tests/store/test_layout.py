from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.errors import InvalidRequestError, RunExistsError
from vmevalkit.store.layout import Layout, check_name

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def test_run_is_named_by_model_task_and_time(layout: Layout) -> None:
    folder = layout.create_run("luma-ray-2", "maze", "maze_0001", NOON)
    relative = folder.path.relative_to(layout.root).as_posix()
    assert relative == "luma-ray-2/maze_task/maze_0001/luma-ray-2_maze_0001_20260301_120000"


def test_runs_of_the_same_second_get_numbers(layout: Layout) -> None:
    names = [layout.create_run("m", "d", "t", NOON).path.name for _ in range(3)]
    assert names == ["m_t_20260301_120000", "m_t_20260301_120000_2", "m_t_20260301_120000_3"]


def test_callers_run_id_is_never_reused(layout: Layout) -> None:
    layout.create_run("m", "d", "t", NOON, run_id="mine")
    with pytest.raises(RunExistsError, match="'mine' of task 't' exists already"):
        layout.create_run("m", "d", "t", NOON, run_id="mine")


@pytest.mark.parametrize(
    "name", ["..", "a/b", "a\\b", "", " ", ".hidden", "a\0b", "x" * 256, "C:", "line\nbreak", "dot."]
)
def test_names_that_leave_the_folder_are_refused(layout: Layout, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be the name of a folder"):
        layout.create_run("m", "d", name, NOON)


@pytest.mark.parametrize("name", ["maze_0001", "迷宫_0001", "a task, with commas", "a.b", "é"])
def test_plain_names_of_any_language_are_kept(name: str) -> None:
    assert check_name("task id", name) == name


@given(st.text(min_size=1, max_size=60))
def test_accepted_names_stay_inside_the_root(name: str) -> None:
    root = Path("/root")
    try:
        folder = Layout(root).task_folder("m", "d", name)
    except InvalidRequestError:
        return
    assert folder.parent == root / "m" / "d_task"
