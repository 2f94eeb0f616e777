from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import InvalidTaskPairError
from vmevalkit.tasks.questions import read_metadata, read_questions

MakeTask = Callable[..., Path]


def test_tree_is_read_in_order(questions: Path, make_task: MakeTask) -> None:
    for task_id, domain in (("maze_0002", "maze"), ("maze_0001", "maze"), ("chess_0001", "chess")):
        make_task(task_id, domain)
    found = read_questions(questions)
    assert [(task.domain, task.id) for task in found.tasks] == [
        ("chess", "chess_0001"),
        ("maze", "maze_0001"),
        ("maze", "maze_0002"),
    ]
    assert found.problems == ()


def test_only_image_and_prompt_are_required(questions: Path, make_task: MakeTask) -> None:
    make_task(solved=False)
    (task,) = read_questions(questions).tasks
    assert (task.final_frame, task.ground_truth, task.metadata) == (None, None, None)


@pytest.mark.parametrize("level", ["tree", "domain", "task"])
def test_any_level_of_the_tree_can_be_named(questions: Path, make_task: MakeTask, level: str) -> None:
    folder = make_task()
    root = {"tree": questions, "domain": folder.parent, "task": folder}[level]
    assert [(task.domain, task.id) for task in read_questions(root).tasks] == [("maze", "maze_0001")]


@pytest.mark.parametrize(
    ("remove", "message"),
    [("prompt.txt", "prompt.txt is missing"), ("first_frame.png", "first_frame.png is missing")],
)
def test_incomplete_pair_is_left_out_and_named(questions: Path, make_task: MakeTask, remove: str, message: str) -> None:
    (make_task() / remove).unlink()
    make_task("maze_0002")
    found = read_questions(questions)
    assert [task.id for task in found.tasks] == ["maze_0002"]
    assert [(problem.path.name, problem.message) for problem in found.problems] == [("maze_0001", message)]


@pytest.mark.parametrize("prompt", [b"", b" \n", b"\xff\xfe\x00bad"])
def test_empty_or_unreadable_prompt_is_left_out(questions: Path, make_task: MakeTask, prompt: bytes) -> None:
    (make_task() / "prompt.txt").write_bytes(prompt)
    found = read_questions(questions)
    assert found.tasks == ()
    assert "prompt" in found.problems[0].message


def test_zero_byte_image_is_left_out(questions: Path, make_task: MakeTask) -> None:
    (make_task() / "first_frame.png").write_bytes(b"")
    assert "zero bytes" in read_questions(questions).problems[0].message


@pytest.mark.parametrize("metadata", ["{", "[]", "\x00"])
def test_broken_metadata_does_not_cost_the_task(questions: Path, make_task: MakeTask, metadata: str) -> None:
    (make_task() / "question_metadata.json").write_text(metadata)
    (task,) = read_questions(questions).tasks
    with pytest.raises(InvalidTaskPairError, match=r"question_metadata\.json cannot be read"):
        read_metadata(task)


def test_metadata_is_read_when_it_is_needed(questions: Path, make_task: MakeTask) -> None:
    make_task("maze_0001")
    make_task("maze_0002", solved=False)
    assert [read_metadata(task).get("difficulty") for task in read_questions(questions).tasks] == ["easy", None]


def test_second_task_of_the_same_id_is_left_out(questions: Path, make_task: MakeTask) -> None:
    make_task("maze_0001", "maze")
    (questions / "maze_task").rename(questions / "maze")
    make_task("maze_0001", "maze")
    found = read_questions(questions)
    assert len(found.tasks) == 1
    assert "already used" in found.problems[0].message


@pytest.mark.parametrize("name", ["迷宫, 第 1", "with space", "ünï"])
def test_names_of_any_language_are_read(questions: Path, make_task: MakeTask, name: str) -> None:
    make_task(name, name, prompt="走吧")
    assert [(task.domain, task.id, task.prompt) for task in read_questions(questions).tasks] == [(name, name, "走吧")]


def test_link_that_leads_nowhere_is_no_file(questions: Path, make_task: MakeTask) -> None:
    folder = make_task(solved=False)
    (folder / "final_frame.png").symlink_to(folder / "gone.png")
    (folder / "ground_truth.mp4").mkdir()
    (task,) = read_questions(questions).tasks
    assert (task.final_frame, task.ground_truth) == (None, None)


def test_link_that_leads_to_itself_costs_nothing(questions: Path, make_task: MakeTask) -> None:
    make_task()
    for folder in (questions, questions / "maze_task"):
        (folder / "self").symlink_to(folder / "self")
    assert [task.id for task in read_questions(questions).tasks] == ["maze_0001"]


def test_name_that_is_not_unicode_is_left_out(questions: Path, make_task: MakeTask) -> None:
    folder = make_task()
    folder.rename(os.fsdecode(os.fsencode(folder.parent) + b"/bad\xff"))
    assert "not valid Unicode" in read_questions(questions).problems[0].message


@pytest.mark.parametrize("level", ["domain", "task"])
def test_working_folder_can_be_named(make_task: MakeTask, monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    folder = make_task()
    monkeypatch.chdir(folder if level == "task" else folder.parent)
    assert [(task.domain, task.id) for task in read_questions(Path()).tasks] == [("maze", "maze_0001")]


def test_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidTaskPairError, match="vmevalkit tasks create"):
        read_questions(tmp_path / "nothing")


def test_stray_files_and_hidden_folders_are_passed_over(questions: Path, make_task: MakeTask) -> None:
    make_task()
    (questions / "notes.txt").write_text("x")
    (questions / "maze_task" / ".maze_0002.partial").mkdir()
    assert read_questions(questions).problems == ()


@pytest.mark.parametrize("name", ["maze_task", "maze_task/maze_0001"])
def test_unreadable_folder_is_left_out_and_named(
    questions: Path, make_task: MakeTask, python: Callable[..., subprocess.CompletedProcess[str]], name: str
) -> None:
    make_task("maze_0001")
    make_task("chess_0001", "chess")
    (questions / name).chmod(0)
    completed = python("-m", "vmevalkit", "tasks", "list", "--questions-dir", questions, "--json")
    (questions / name).chmod(0o700)
    assert [task["id"] for task in json.loads(completed.stdout)["tasks"]] == ["chess_0001"]
    assert f"{questions / name}: the folder cannot be read; check its permissions" in completed.stderr
