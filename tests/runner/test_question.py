from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import MissingImageError
from vmevalkit.runner.question import task_from_arguments, write_question

MakeTask = Callable[..., Path]


def test_solution_is_found_beside_the_image(make_task: MakeTask) -> None:
    folder = make_task()
    task = task_from_arguments(folder / "first_frame.png", "Go", None)
    assert (task.id, task.domain, task.metadata) == ("unknown", "unknown", None)
    assert task.final_frame == folder / "final_frame.png"
    assert task.ground_truth == folder / "ground_truth.mp4"


def test_named_final_frame_wins(make_task: MakeTask) -> None:
    other = make_task("other") / "final_frame.png"
    task = task_from_arguments(make_task() / "first_frame.png", "Go", {"final_image_path": str(other)})
    assert task.final_frame == other


def test_task_category_stands_in_for_the_domain(make_task: MakeTask) -> None:
    task = task_from_arguments(make_task() / "first_frame.png", "Go", {"id": "x", "task_category": "maze"})
    assert task.domain == "maze"


def test_good_png_is_copied_byte_for_byte(make_task: MakeTask, tmp_path: Path) -> None:
    folder = make_task()
    transforms = write_question(task_from_arguments(folder / "first_frame.png", "Go", {}), None, tmp_path / "question")
    assert transforms == ()
    for name in ("first_frame.png", "final_frame.png", "ground_truth.mp4"):
        assert (tmp_path / "question" / name).read_bytes() == (folder / name).read_bytes()


def test_prompt_is_kept_to_the_letter(make_task: MakeTask, tmp_path: Path) -> None:
    prompt = "Línea 1\r\n第二行\n"
    write_question(task_from_arguments(make_task() / "first_frame.png", prompt, {}), None, tmp_path / "question")
    assert (tmp_path / "question" / "prompt.txt").read_bytes() == prompt.encode()


def test_missing_image_names_the_path(tmp_path: Path) -> None:
    with pytest.raises(MissingImageError, match=r"nothing\.png"):
        task_from_arguments(tmp_path / "nothing.png", "Go", None)
