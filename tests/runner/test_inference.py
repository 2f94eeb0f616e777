from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError, MissingImageError, RunExistsError, UnknownNameError
from vmevalkit.models.base import ModelWrapper
from vmevalkit.records.generation import RunResult
from vmevalkit.runner.inference import InferenceRunner, _load_model_wrapper, run_inference
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run

QUESTION = {"id": "maze_0001", "domain": "maze"}
KEYS = {"success", "video_path", "error", "duration_seconds", "generation_id", "model", "status", "metadata"}

MakeTask = Callable[..., Path]


def _record(result: RunResult) -> dict[str, Any]:
    blocks: dict[str, Any] = json.loads((Path(result["inference_dir"]) / "metadata.json").read_text(encoding="utf-8"))
    return blocks


def test_result_has_both_documented_key_sets(runner: InferenceRunner, make_task: MakeTask) -> None:
    result = runner.run("control-still", make_task() / "first_frame.png", "Go", question_data=QUESTION)
    assert set(result) == KEYS | {"run_id", "inference_dir", "timestamp"}
    assert result["success"]
    assert Path(str(result["video_path"])).is_file()


def test_run_is_laid_out_as_documented(runner: InferenceRunner, make_task: MakeTask) -> None:
    result = runner.run("control-still", make_task() / "first_frame.png", "Go", question_data=QUESTION)
    folder = Path(result["inference_dir"])
    assert folder.parent == runner.output_dir / "control-still" / "maze_task" / "maze_0001"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    question = {"first_frame.png", "prompt.txt", "final_frame.png", "ground_truth.mp4", "question_metadata.json"}
    assert files == {"metadata.json", "journal.jsonl", "video/generated_video.mp4"} | {
        f"question/{n}" for n in question
    }


def test_record_tells_the_whole_story(runner: InferenceRunner, make_task: MakeTask) -> None:
    folder = make_task()
    result = runner.run(
        "control-still", folder / "first_frame.png", "Go", question_data=QUESTION, duration=1.0, api_key="s"
    )
    record = _record(result)
    assert record["schema_version"] == 1
    assert record["input"] == {
        "prompt": "Go",
        "image_path": "question/first_frame.png",
        "question_id": "maze_0001",
        "task_category": "maze",
    }
    assert record["output"]["video"]["frame_count"] == 24
    assert record["provenance"]["parameters_passed"] == {"duration": 1.0, "api_key": "<hidden>"}
    assert record["cost"] == {"amount": 0.0, "source": "free"}
    assert [attempt["failure"] for attempt in record["attempts"]] == [None]


def test_secrets_are_written_nowhere(runner: InferenceRunner, make_task: MakeTask) -> None:
    image = make_task() / "first_frame.png"
    result = runner.run("control-still", image, "Go", duration=0.5, api_key="hunter2", auth_token="hunter2")
    written = [path.read_bytes() for path in Path(result["inference_dir"]).rglob("*") if path.is_file()]
    assert not any(b"hunter2" in content for content in written)


def test_unknown_model_is_a_value_error(runner: InferenceRunner, make_task: MakeTask) -> None:
    with pytest.raises(ValueError, match="Did you mean 'control-still'") as caught:
        runner.run("control-stil", make_task() / "first_frame.png", "Go")
    assert isinstance(caught.value, UnknownNameError)
    assert not runner.output_dir.exists()


def test_missing_image_is_a_file_not_found_error(runner: InferenceRunner, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        runner.run("control-still", tmp_path / "nothing.png", "Go")
    assert isinstance(caught.value, MissingImageError)


def test_unsupported_duration_fails_before_anything_is_made(runner: InferenceRunner, make_task: MakeTask) -> None:
    with pytest.raises(InvalidRequestError, match="at most 60 seconds"):
        runner.run("control-still", make_task() / "first_frame.png", "Go", duration=61.0)
    assert not runner.output_dir.exists()


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\n truncated"])
def test_unreadable_image_is_a_recorded_failure(runner: InferenceRunner, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "first_frame.png").write_bytes(content)
    result = runner.run("control-still", tmp_path / "first_frame.png", "Go", question_data=QUESTION)
    assert (result["success"], result["status"]) == (False, "failed")
    assert _record(result)["inference"]["error"] == result["error"]


def test_task_without_ground_truth_fails_the_oracle_with_that_sentence(
    runner: InferenceRunner, make_task: MakeTask
) -> None:
    result = runner.run("control-oracle", make_task(solved=False) / "first_frame.png", "Go")
    assert "The task has no ground_truth.mp4" in str(result["error"])
    assert _record(result)["attempts"][0]["failure"]["type"] == "InvalidRequestError"


def test_cut_off_video_is_not_a_success(runner: InferenceRunner, make_task: MakeTask) -> None:
    folder = make_task()
    truth = folder / "ground_truth.mp4"
    truth.write_bytes(truth.read_bytes()[:-200])
    result = runner.run("control-oracle", folder / "first_frame.png", "Go", question_data=QUESTION)
    assert result["status"] == "failed"
    assert _record(result)["attempts"][0]["failure"]["type"] == "UnreadableVideoError"


def test_run_id_of_the_caller_is_kept_and_not_reused(runner: InferenceRunner, make_task: MakeTask) -> None:
    image = make_task() / "first_frame.png"
    assert runner.run("control-still", image, "Go", "mine", QUESTION, duration=0.5)["run_id"] == "mine"
    with pytest.raises(RunExistsError):
        runner.run("control-still", image, "Go", "mine", QUESTION, duration=0.5)


@pytest.mark.parametrize("task_id", ["../../escape", "a/b", ".."])
def test_task_ids_cannot_leave_the_tree(runner: InferenceRunner, make_task: MakeTask, task_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be the name of a folder"):
        runner.run("control-still", make_task() / "first_frame.png", "Go", question_data={"id": task_id})


@pytest.mark.parametrize("name", ["日本 task, with commas", "a b", "ünïcode"])
def test_unicode_spaces_and_commas_in_paths_work(runner: InferenceRunner, make_task: MakeTask, name: str) -> None:
    image = make_task(name, name, prompt="前へ") / "first_frame.png"
    result = runner.run("control-crossfade", image, "前へ", question_data={"id": name, "domain": name}, duration=0.5)
    assert result["success"]
    assert _record(result)["input"]["prompt"] == "前へ"


def test_svg_first_frame_is_converted_and_the_users_file_untouched(runner: InferenceRunner, tmp_path: Path) -> None:
    svg = tmp_path / "first_frame.svg"
    svg.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600"/></svg>'
    )
    before = (svg.read_bytes(), svg.stat().st_mtime_ns)
    result = runner.run("control-still", svg, "Go", duration=0.5)
    assert (svg.read_bytes(), svg.stat().st_mtime_ns) == before
    with Image.open(Path(result["inference_dir"]) / "question" / "first_frame.png") as image:
        assert (image.format, image.size) == ("PNG", (600, 600))
    assert _record(result)["provenance"]["input_transforms"][0]["target"] == "first_frame"


def test_subclass_may_keep_more(make_task: MakeTask, tmp_path: Path) -> None:
    class Noting(InferenceRunner):
        def _save_metadata(
            self, inference_dir: Path, result: RunResult, question_data: Mapping[str, Any] | None
        ) -> None:
            super()._save_metadata(inference_dir, result, question_data)
            record = inference_dir / "metadata.json"
            record.write_text(json.dumps({**json.loads(record.read_text()), "lab": {"question": question_data}}))

    with Noting(tmp_path / "outputs") as runner:
        result = runner.run(
            "control-still", make_task() / "first_frame.png", "Go", question_data=QUESTION, duration=0.5
        )
        run = read_run(RunFolder(Path(result["inference_dir"])).record)
        assert run.model_extra == {"lab": {"question": QUESTION}}
        assert runner.tree.is_done(str(run.identity), Path(result["inference_dir"]).parent)


def test_callback_gets_every_result(make_task: MakeTask, tmp_path: Path) -> None:
    seen: list[RunResult] = []
    with InferenceRunner(tmp_path / "outputs", on_result=seen.append) as runner:
        runner.run("control-still", make_task() / "first_frame.png", "Go", duration=0.5)
        runner.run("control-oracle", make_task("b", solved=False) / "first_frame.png", "Go")
    assert [result["success"] for result in seen] == [True, False]


def test_interrupted_run_is_recorded_and_ends_the_program(
    runner: InferenceRunner, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vmevalkit.models.controls.encode", interrupt)
    with pytest.raises(KeyboardInterrupt):
        runner.run("control-still", make_task() / "first_frame.png", "Go", question_data=QUESTION)
    assert [entry.status for entry in runner.tree.entries()] == ["interrupted"]


def test_run_inference_is_the_same_in_one_call(make_task: MakeTask, tmp_path: Path, capsys: Any) -> None:
    result = run_inference(
        "control-still", make_task() / "first_frame.png", "Go", output_dir=tmp_path / "o", verbose=True, duration=0.5
    )
    assert result["success"]
    assert f"{result['run_id']}: success" in capsys.readouterr().err


def test_wrapper_class_is_loaded_by_name() -> None:
    assert issubclass(_load_model_wrapper("control-oracle"), ModelWrapper)


def test_models_are_listed_by_key_and_family(runner: InferenceRunner) -> None:
    assert "control-still" in runner.list_models()
    assert set(runner.list_models_by_family()["Controls"]) >= {"control-still", "control-oracle"}
    assert runner.get_model_families()["Controls"] == len(runner.list_models_by_family()["Controls"])


def test_clock_that_goes_backwards_does_no_harm(make_task: MakeTask, tmp_path: Path) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    moments = iter([start, start - timedelta(hours=1), start])
    image = make_task() / "first_frame.png"
    with InferenceRunner(tmp_path / "outputs", clock=lambda: next(moments)) as runner:
        results = [runner.run("control-oracle", image, "Go", question_data=QUESTION) for _ in range(3)]
        assert len({result["run_id"] for result in results}) == 3
        assert all(result["duration_seconds"] >= 0 for result in results)
        assert runner.tree.is_done(str(read_run(RunFolder(Path(results[1]["inference_dir"])).record).identity), image)


def test_subclass_that_keeps_its_record_elsewhere_still_resumes(make_task: MakeTask, tmp_path: Path) -> None:
    class Elsewhere(InferenceRunner):
        def _save_metadata(self, inference_dir: Path, *_: object) -> None:
            (inference_dir / "mine.json").write_text("{}")

    with Elsewhere(tmp_path / "outputs") as runner:
        result = runner.run("control-oracle", make_task() / "first_frame.png", "Go", question_data=QUESTION)
    assert _record(result)["inference"]["status"] == "success"


@pytest.mark.parametrize("data", [{"note": "\ud800"}, {"raw": b"\xff"}, {"when": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_any_question_data_can_be_recorded(runner: InferenceRunner, make_task: MakeTask, data: dict[str, Any]) -> None:
    question = {**QUESTION, **data}
    result = runner.run("control-oracle", make_task() / "first_frame.png", "Go", question_data=question)
    assert _record(result)["question_data"]["id"] == "maze_0001"


def test_solution_may_be_given_with_the_parameters(runner: InferenceRunner, make_task: MakeTask) -> None:
    final = make_task("other") / "final_frame.png"
    image = make_task(solved=False) / "first_frame.png"
    result = runner.run("control-crossfade", image, "Go", final_frame=final, duration=0.5)
    assert result["success"]
    assert _record(result)["provenance"]["parameters_sent"]["final_frame"] == "question/final_frame.png"


def test_final_frame_of_another_format_is_converted_and_recorded(runner: InferenceRunner, make_task: MakeTask) -> None:
    folder = make_task(solved=False)
    Image.new("RGB", (64, 48), "blue").save(folder / "final_frame.jpg")
    result = runner.run("control-crossfade", folder / "first_frame.png", "Go", final_frame=folder / "final_frame.jpg")
    with Image.open(Path(result["inference_dir"]) / "question" / "final_frame.png") as image:
        assert image.format == "PNG"
    assert [t["target"] for t in _record(result)["provenance"]["input_transforms"]] == ["final_frame"]
