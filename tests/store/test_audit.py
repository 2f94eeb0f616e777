from __future__ import annotations

import os
from collections.abc import Callable

from vmevalkit.store.audit import audit
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.tree import OutputTree


def test_problems_are_named(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    kinds = {}
    for number, damage in enumerate(["missing_video", "changed_video", "unreadable", "interrupted", None]):
        folder = make_run(tree, f"maze_{number:04d}", identity=str(number))
        kinds[folder.path.relative_to(tree.layout.root).as_posix()] = damage
        video = folder.video_dir / "generated_video.mp4"
        if damage == "missing_video":
            video.unlink()
        elif damage == "changed_video":
            video.write_bytes(b"other")
        elif damage == "unreadable":
            folder.record.write_bytes(b"{")
        elif damage == "interrupted":
            folder.record.unlink()
    expected = {folder: kind for folder, kind in kinds.items() if kind}
    assert {problem.folder: problem.kind for problem in audit(tree).problems} == expected


def test_index_is_not_trusted(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    record = make_run(tree).record
    list(tree.entries())
    facts = record.stat()
    record.write_bytes(b"#" * facts.st_size)
    os.utime(record, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert [problem.kind for problem in audit(tree).problems] == ["unreadable"]


def test_foreign_things_cost_nothing(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    folder = make_run(tree)
    (tree.layout.root / "self").symlink_to(tree.layout.root / "self")
    (tree.layout.root / "latest").symlink_to(folder.path)
    (tree.layout.root / "notes" / "metadata.json").mkdir(parents=True)
    found = audit(tree)
    assert (found.runs, [problem.kind for problem in found.problems]) == (2, ["unreadable"])
    assert len(list(tree.entries())) == 1


def test_empty_run_folder_is_told(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    (make_run(tree).path.parent / "empty").mkdir()
    (problem,) = audit(tree).problems
    assert "before anything was started" in problem.message
