from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import IncompatibleRecordError
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run, write_run
from vmevalkit.store.tree import OutputTree

VERSION_0 = {
    "inference": {
        "run_id": "luma-ray-2_maze_0000_20250103_143025",
        "model": "luma-ray-2",
        "timestamp": "2025-01-03T14:30:25.123456",
        "status": "success",
        "duration_seconds": 45.2,
    },
    "input": {
        "prompt": "Go",
        "image_path": "data/questions/maze_task/maze_0000/first_frame.png",
        "task_category": "maze",
    },
    "output": {"video_path": "/elsewhere/video/generated_video.mp4", "generation_id": "abc"},
    "paths": {"inference_dir": "/elsewhere"},
    "question_data": {"id": "maze_0000", "domain": "maze", "maze_size": [10, 10]},
    "lab_notes": {"by": "subclass"},
}


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path / "luma-ray-2_maze_0000_20250103_143025")
    folder.video_dir.mkdir(parents=True)
    (folder.video_dir / "generated_video.mp4").write_bytes(b"video")
    folder.record.write_text(json.dumps(VERSION_0))
    return folder.record


def test_version_0_is_migrated(old_run: Path) -> None:
    run = read_run(old_run)
    assert run.schema_version == 1
    assert (run.input.question_id, run.input.task_category) == ("maze_0000", "maze")
    assert run.output.video_path == "video/generated_video.mp4"
    assert run.inference.timestamp.tzinfo is not None


def test_blocks_of_others_are_kept(old_run: Path) -> None:
    run = read_run(old_run)
    write_run(old_run, run)
    assert json.loads(old_run.read_text())["lab_notes"] == {"by": "subclass"}
    assert read_run(old_run) == run


def test_written_record_has_the_documented_blocks(tree: OutputTree, make_run: Callable[..., RunFolder]) -> None:
    blocks = json.loads(make_run(tree).record.read_text())
    assert {"inference", "input", "output", "paths", "question_data"} <= set(blocks)
    assert {"run_id", "model", "timestamp", "status", "duration_seconds", "error"} == set(blocks["inference"])


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"schema_version": 99}', b'{"inference": {}}', b'{"inference": 3}', b"\xff\xfe"]
)
def test_damaged_or_foreign_record_is_a_typed_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metadata.json").write_bytes(content)
    with pytest.raises(IncompatibleRecordError, match="cannot be read"):
        read_run(tmp_path / "metadata.json")


def test_newer_record_says_so(tmp_path: Path) -> None:
    (tmp_path / "metadata.json").write_bytes(b'{"schema_version": 2}')
    with pytest.raises(IncompatibleRecordError, match="schema version 2, this program reads up to 1"):
        read_run(tmp_path / "metadata.json")
