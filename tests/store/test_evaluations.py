from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.errors import OutputNotWritableError
from vmevalkit.records.base import Record
from vmevalkit.store.evaluations import Evaluations, evaluations_beside

RUN = "a-model/maze_task/maze_0000/a-run"


class Note(Record):
    text: str


def test_a_record_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    evaluations.write("rules", RUN, Note(text="solved"))
    assert evaluations.read("rules", RUN, Note) == Note(text="solved")
    assert evaluations.path("rules", RUN) == tmp_path / "rules" / "a-model/maze_task/maze_0000/a-run.json"


@pytest.mark.parametrize("content", ["", '{"text": "so', '{"text": "new", "unknown": 1}', "[]", "\0"])
def test_a_record_that_cannot_be_read_counts_as_none(tmp_path: Path, content: str) -> None:
    evaluations = Evaluations(tmp_path)
    evaluations.write("rules", RUN, Note(text="whole"))
    evaluations.path("rules", RUN).write_text(content)
    assert evaluations.read("rules", RUN, Note) is None


def test_a_run_with_a_name_as_long_as_can_be_has_a_record_of_its_own(tmp_path: Path) -> None:
    evaluations = Evaluations(tmp_path)
    one, other = f"{'x' * 249}1", f"{'x' * 249}2"
    evaluations.write("rules", one, Note(text="one"))
    evaluations.write("rules", other, Note(text="other"))
    assert evaluations.read("rules", one, Note) == Note(text="one")


def test_nothing_is_there_before_anything_is_kept(tmp_path: Path) -> None:
    assert Evaluations(tmp_path / "none").read("rules", RUN, Note) is None


def test_a_folder_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a file")
    with pytest.raises(OutputNotWritableError):
        Evaluations(tmp_path).write("rules", RUN, Note(text="x"))


def test_evaluations_are_kept_beside_the_tree() -> None:
    assert evaluations_beside(Path("some/outputs")) == Path("some/evaluations").absolute()
    assert evaluations_beside(Path("some/second")) == Path("some/second_evaluations").absolute()
