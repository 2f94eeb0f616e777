from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.tasks.check import check_task
from vmevalkit.tasks.questions import read_questions


def _messages(questions: Path) -> list[tuple[str, bool]]:
    (task,) = read_questions(questions).tasks
    return [(problem.message, problem.fatal) for problem in check_task(task)]


def test_whole_task_has_no_problem(questions: Path, make_task: Callable[..., Path]) -> None:
    make_task()
    assert _messages(questions) == []


@pytest.mark.parametrize(("name", "fatal"), [("first_frame.png", True), ("final_frame.png", False)])
def test_broken_image_is_named(questions: Path, make_task: Callable[..., Path], name: str, fatal: bool) -> None:
    path = make_task() / name
    path.write_bytes(path.read_bytes()[:60])
    ((message, is_fatal),) = _messages(questions)
    assert name in message
    assert is_fatal is fatal


def test_truncated_ground_truth_is_named(questions: Path, make_task: Callable[..., Path]) -> None:
    path = make_task() / "ground_truth.mp4"
    path.write_bytes(path.read_bytes()[:-100])
    ((message, fatal),) = _messages(questions)
    assert "ground_truth.mp4" in message
    assert not fatal


def test_different_sizes_are_remarked(questions: Path, make_task: Callable[..., Path]) -> None:
    Image.new("RGB", (32, 32)).save(make_task() / "final_frame.png")
    assert _messages(questions) == [("first frame 64 x 48 and final frame 32 x 32 differ in size", False)]


def test_metadata_that_names_another_task_is_remarked(questions: Path, make_task: Callable[..., Path]) -> None:
    (make_task() / "question_metadata.json").write_text('{"id": "another"}')
    ((message, fatal),) = _messages(questions)
    assert "'another'" in message
    assert not fatal


def test_unreadable_metadata_is_remarked(questions: Path, make_task: Callable[..., Path]) -> None:
    (make_task() / "question_metadata.json").write_text("{")
    ((message, fatal),) = _messages(questions)
    assert "a task needs no metadata" in message
    assert not fatal
