from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.report.gallery import Gallery
from vmevalkit.report.report_material import RunMaterial

MakeRun = Callable[..., RunMaterial]


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    (tmp_path / "report").mkdir()
    return Gallery(tmp_path / "outputs", tmp_path / "report")


def _video(gallery: Gallery, run: RunMaterial, content: bytes = b"12345") -> Path:
    path = gallery.outputs / run.entry.folder / "video" / "v.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_video_is_in_the_report(gallery: Gallery, make_run: MakeRun) -> None:
    run = make_run()
    _video(gallery, run)
    href = gallery.video(run).href
    assert href is not None
    assert (gallery.folder / href).read_bytes() == b"12345"


def test_equal_pictures_are_there_once(gallery: Gallery, make_run: MakeRun) -> None:
    hrefs = set()
    for run in (make_run(), make_run()):
        question = gallery.outputs / run.entry.folder / "question"
        question.mkdir(parents=True)
        (question / "first_frame.png").write_bytes(b"picture")
        hrefs.add(gallery.picture([run], "first_frame.png"))
    assert len(hrefs) == 1
    assert len(list((gallery.folder / "media").iterdir())) == 1


def test_missing_and_changed_videos_have_a_reason(gallery: Gallery, make_run: MakeRun) -> None:
    missing, changed = make_run(), make_run()
    _video(gallery, changed, b"something else")
    assert "No such file" in str(gallery.video(missing).reason)
    assert "not the one that was recorded" in str(gallery.video(changed).reason)


def test_files_outside_the_tree_stay_there(gallery: Gallery, make_run: MakeRun, tmp_path: Path) -> None:
    secret, run = tmp_path / "secret.mp4", make_run()
    secret.write_bytes(b"12345")
    path = _video(gallery, run)
    path.unlink()
    path.symlink_to(secret)
    assert "inside the output tree" in str(gallery.video(run).reason)


@pytest.mark.parametrize("special", ["pipe", "device", "folder"])
def test_only_regular_files_are_read(gallery: Gallery, make_run: MakeRun, special: str) -> None:
    run = make_run()
    video = _video(gallery, run)
    picture = gallery.outputs / run.entry.folder / "question" / "first_frame.png"
    picture.parent.mkdir()
    video.unlink()
    for path in (video, picture):
        {"pipe": os.mkfifo, "device": lambda path: path.symlink_to("/dev/zero"), "folder": Path.mkdir}[special](path)
    assert gallery.picture([run], "first_frame.png") is None
    assert "not a file" in str(gallery.video(run).reason)


def test_files_that_are_no_videos_are_not_shown(gallery: Gallery, make_run: MakeRun) -> None:
    run = make_run()
    _video(gallery, run).with_name("page.html").write_bytes(b"12345")
    entry = run.entry.model_copy(update={"video_path": "video/page.html"})
    other = RunMaterial(entry, run.run, (), ())
    assert gallery.video(other).reason == "files ending in .html are not shown"


def test_files_are_copied_where_they_cannot_be_linked(
    gallery: Gallery, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    _video(gallery, run)

    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", refuse)
    assert (gallery.folder / str(gallery.video(run).href)).stat().st_nlink == 1
