from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from vmevalkit.hashes import hash_file
from vmevalkit.records.run import Inference, Run, RunInput, RunOutput
from vmevalkit.store.journal import append_event
from vmevalkit.store.layout import VIDEO_NAME, RunFolder
from vmevalkit.store.tree import OutputTree

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

MakeRun = Callable[..., RunFolder]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[OutputTree]:
    with OutputTree(tmp_path / "outputs") as tree:
        yield tree


@pytest.fixture
def make_run() -> MakeRun:
    """Makes a finished run of `control-still` in a tree, through the store alone."""

    def make(tree: OutputTree, task: str = "maze_0001", *, identity: str = "i1", status: str = "success") -> RunFolder:
        folder = tree.layout.create_run("control-still", "maze", task, NOON)
        folder.video_dir.mkdir()
        video = folder.video_dir / VIDEO_NAME
        video.write_bytes(b"video of " + folder.path.name.encode())
        output = RunOutput()
        if status == "success":
            size, sha256 = video.stat().st_size, hash_file(video)
            output = RunOutput(video_path=f"video/{VIDEO_NAME}", video_bytes=size, video_sha256=sha256)
        run = Run(
            inference=Inference.model_validate(
                {"run_id": folder.path.name, "model": "control-still", "timestamp": NOON, "status": status}
            ),
            input=RunInput(prompt="Go", image_path="question/first_frame.png", question_id=task, task_category="maze"),
            output=output,
            identity=identity,
        )
        append_event(folder.journal, "started", run.model_dump(mode="json"))
        tree.record(folder, run)
        return folder

    return make
