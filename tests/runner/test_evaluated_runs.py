from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.errors import UnscorableError
from vmevalkit.runner.evaluated_runs import EvaluatedRun
from vmevalkit.runner.inference import InferenceRunner


@pytest.fixture
def run(tmp_path: Path, make_task: object) -> EvaluatedRun:
    """A run of the still control on a small task."""
    folder = make_task()  # type: ignore[operator]
    with InferenceRunner(tmp_path / "outputs") as runner:
        runner.run("control-still", folder / "first_frame.png", "Go", question_data={"id": "a", "domain": "b"})
        return next(EvaluatedRun(outputs=tmp_path / "outputs", entry=entry) for entry in runner.tree.entries())


def test_a_judge_is_given_the_task_as_it_was_run(run: EvaluatedRun) -> None:
    exhibit = run.exhibit()
    assert (exhibit.domain, exhibit.task_id, exhibit.prompt) == ("b", "a", "Go")
    assert exhibit.video.is_file()
    assert exhibit.final_frame is not None
    assert exhibit.metadata is not None


def test_a_video_that_changed_is_not_judged(run: EvaluatedRun) -> None:
    run.video.write_bytes(run.video.read_bytes()[:-1])
    with pytest.raises(UnscorableError, match="not the one that was recorded") as caught:
        run.exhibit()
    assert caught.value.at_fault == "judge"


def test_a_video_that_is_gone_is_not_judged(run: EvaluatedRun) -> None:
    run.video.unlink()
    with pytest.raises(UnscorableError, match="cannot be read"):
        run.exhibit()


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_metadata_that_cannot_be_read_is_the_fault_of_the_task(run: EvaluatedRun, content: bytes) -> None:
    metadata = run.first_frame.with_name("question_metadata.json")
    metadata.write_bytes(content)
    with pytest.raises(UnscorableError, match=r"question_metadata\.json cannot be read") as caught:
        run.exhibit()
    assert caught.value.at_fault == "task"


def test_a_task_without_extras_is_given_without_them(run: EvaluatedRun) -> None:
    for name in ("final_frame.png", "ground_truth.mp4", "question_metadata.json", "prompt.txt"):
        run.first_frame.with_name(name).unlink()
    exhibit = run.exhibit()
    assert (exhibit.final_frame, exhibit.metadata, exhibit.prompt, run.ground_truth) == (None, None, "", None)
