from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from vmevalkit.errors import InvalidRequestError, OutputNotWritableError
from vmevalkit.report.folder import check_place, report_folder


def _write(place: Path, text: str) -> None:
    with report_folder(place, place.parent / "outputs", place.parent / "evaluations") as folder:
        (folder / "index.html").write_text(text)


def _building(folder: Path) -> AbstractContextManager[Path]:
    return report_folder(folder / "report", folder / "outputs", folder / "evaluations")


def test_report_takes_its_place_and_replaces_an_earlier_one(tmp_path: Path) -> None:
    _write(tmp_path / "report", "one")
    _write(tmp_path / "report", "two")
    assert (tmp_path / "report" / "index.html").read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_half_a_report_is_never_seen(tmp_path: Path) -> None:
    _write(tmp_path / "report", "one")
    with pytest.raises(RuntimeError, match="half way"), _building(tmp_path):
        raise RuntimeError("half way")
    assert (tmp_path / "report" / "index.html").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    _write(tmp_path / "report", "one")
    assert (tmp_path / "report" / "index.html").exists()


def test_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.tex").write_text("years of work")
    with pytest.raises(InvalidRequestError, match=r"no report of vmevalkit.*Choose another folder with --to"):
        _write(tmp_path / "report", "one")
    assert (tmp_path / "report" / "thesis.tex").read_text() == "years of work"


def test_report_does_not_go_into_the_output_tree(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="inside the output tree"):
        check_place(tmp_path / "outputs" / "report", tmp_path / "outputs", tmp_path / "evaluations")
    (tmp_path / "outputs" / "model").mkdir(parents=True)
    with pytest.raises(InvalidRequestError, match="is the output tree"):
        _write(tmp_path / "outputs", "one")


@pytest.mark.parametrize("kept", ["outputs", "evaluations"])
def test_nothing_of_value_below_an_earlier_report_is_deleted(tmp_path: Path, kept: str) -> None:
    _write(tmp_path / "report", "one")
    trees = {"outputs": tmp_path / "outputs", "evaluations": tmp_path / "evaluations"}
    trees[kept] = tmp_path / "report" / "media" / kept
    trees[kept].mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "report")
    for place in (tmp_path / "report", tmp_path / "link"):
        with (
            pytest.raises(InvalidRequestError, match="which would be deleted with it"),
            report_folder(place, trees["outputs"], trees["evaluations"]),
        ):
            pass
    assert trees[kept].is_dir()


@pytest.mark.parametrize("stranger", ["thesis.tex", "media/mine.mp4", "tasks/runs/run.json", "static", "tables"])
def test_strangers_in_an_earlier_report_are_named_and_kept(tmp_path: Path, stranger: str) -> None:
    _write(tmp_path / "report", "one")
    path = tmp_path / "report" / stranger
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("years of work")
    with pytest.raises(InvalidRequestError, match=stranger.removesuffix("/run.json")):
        _write(tmp_path / "report", "two")
    assert path.read_text() == "years of work"


def test_stranger_that_came_while_the_report_was_built_is_kept(tmp_path: Path) -> None:
    _write(tmp_path / "report", "one")
    with pytest.raises(InvalidRequestError, match=r"notes\.txt"), _building(tmp_path):
        (tmp_path / "report" / "notes.txt").touch()
    assert (tmp_path / "report" / "notes.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


def test_place_below_a_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWritableError, match="--to"):
        _write(tmp_path / "file" / "report", "one")
