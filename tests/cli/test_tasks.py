from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from PIL import Image

Run = Callable[..., subprocess.CompletedProcess[str]]
MakeTask = Callable[..., Path]


def test_create_list_show_and_check(vmevalkit: Run, questions: Path, tmp_path: Path) -> None:
    place = ("--questions-dir", questions)
    created = json.loads(
        vmevalkit("tasks", "create", "--pairs-per-domain", 1, "--domain", "maze", *place, "--json").stdout
    )
    assert created["summary"]["done"] == 1
    (task,) = json.loads(vmevalkit("tasks", "list", *place, "--json").stdout)["tasks"]
    assert (task["id"], task["difficulty"]) == ("maze_0000", "easy")
    vmevalkit("tasks", "show", "maze_0000", *place, "--sheet", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 500
    assert json.loads(vmevalkit("tasks", "check", *place, "--json").stdout) == {"tasks": 1, "problems": []}


def test_check_exits_with_1_when_a_task_cannot_be_run(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    (make_task() / "first_frame.png").write_bytes(b"not an image")
    assert "first_frame.png" in vmevalkit("tasks", "check", "--questions-dir", questions, code=1).stdout


def test_table_is_plain_text_outside_a_terminal(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    make_task(prompt="Go\tthere\nnow")
    lines = vmevalkit("tasks", "list", "--questions-dir", questions).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["TASK", "maze_0001"]


def test_unknown_task_is_a_usage_error(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    make_task()
    assert "Unknown task: 'x'" in vmevalkit("tasks", "show", "x", "--questions-dir", questions, code=2).stderr


def test_shipped_tasks_are_created_on_request(vmevalkit: Run, questions: Path) -> None:
    vmevalkit("tasks", "create", "--domain", "tests", "--questions-dir", questions)
    assert sorted(path.name for path in (questions / "tests_task").iterdir()) == ["tests_0001", "tests_0002"]
