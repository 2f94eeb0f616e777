from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.runner.create_dataset import main as create_dataset

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
    make_task(prompt="Go\tthere\nnow \x1b[31m\u202ered")
    lines = vmevalkit("tasks", "list", "--questions-dir", questions).stdout.splitlines()
    assert [line.split("\t")[0::4] for line in lines] == [["TASK", "PROMPT"], ["maze_0001", "Go there now  [31m red"]]


def test_prompt_is_shown_line_by_line_without_terminal_escapes(
    vmevalkit: Run, questions: Path, make_task: MakeTask
) -> None:
    make_task(prompt="Go\nthere \x1b]0;title\x07")
    shown = vmevalkit("tasks", "show", "maze_0001", "--questions-dir", questions).stdout
    assert shown.endswith("\n\nGo\nthere  ]0;title \n")


def test_unknown_task_is_a_usage_error(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    make_task()
    told = vmevalkit("tasks", "show", "maze_01", "--questions-dir", questions, code=2).stderr
    assert "Unknown task: 'maze_01'. Did you mean 'maze_0001'?" in told
    assert f"`vmevalkit tasks list --questions-dir {questions}`" in told


def test_every_domain_is_described(vmevalkit: Run) -> None:
    found = json.loads(vmevalkit("tasks", "domains", "--json").stdout)["domains"]
    assert {domain["name"] for domain in found} >= {"chess", "maze", "raven", "rotation", "sudoku"}
    assert all(domain["description"].endswith(".") for domain in found)


def test_shipped_tasks_are_created_on_request(vmevalkit: Run, questions: Path) -> None:
    told = vmevalkit("tasks", "create", "--domain", "tests", "--questions-dir", questions).stderr
    assert told.splitlines()[-1] == f"Next: vmevalkit generate --all-tasks --questions-dir {questions}"
    assert sorted(path.name for path in (questions / "tests_task").iterdir()) == ["tests_0001", "tests_0002"]


def test_older_command_refuses_fewer_than_one(questions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--questions-dir", str(questions)]
    assert create_dataset(["--pairs-per-domain", "-5", *place]) == 2
    assert "--pairs-per-domain is -5. Expected 1 or more." in capsys.readouterr().err
    assert list(questions.iterdir()) == []


def test_failures_are_in_the_json(vmevalkit: Run, questions: Path) -> None:
    create = ("tasks", "create", "--domain", "maze", "--pairs-per-domain", 1, "--questions-dir", questions, "--json")
    vmevalkit(*create)
    (failure,) = json.loads(vmevalkit(*create, "--seed", 7, code=1).stdout)["failures"]
    assert failure["task"] == "maze_0000"
    assert "--force" in failure["failure"]["message"]


def test_shipped_tasks_that_are_there_are_counted(vmevalkit: Run, questions: Path) -> None:
    create = ("tasks", "create", "--domain", "tests", "--questions-dir", questions)
    assert "2 tasks created" in vmevalkit(*create).stderr
    assert "0 tasks created" in (told := vmevalkit(*create).stderr)
    assert "2 were there already" in told


def test_sheet_is_a_png_in_a_folder_that_is_there(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    make_task()
    show = ("tasks", "show", "maze_0001", "--questions-dir", questions, "--sheet")
    assert "a name that ends in .png" in vmevalkit(*show, "x.jpg", code=2).stderr
    assert "cannot be written" in vmevalkit(*show, "nowhere/x.png", code=3).stderr


def test_unknown_domain_is_not_an_empty_list(vmevalkit: Run, questions: Path, make_task: MakeTask) -> None:
    make_task()
    listing = ("tasks", "list", "--questions-dir", questions, "--domain")
    assert "Did you mean 'maze'" in vmevalkit(*listing, "mase", code=2).stderr
