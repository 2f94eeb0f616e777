from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.hashes import hash_file
from vmevalkit.media.encode import encode
from vmevalkit.media.vmaf import ffmpeg_version
from vmevalkit.metrics.registry import find_metrics
from vmevalkit.records.score import Category, Score, ScoreRecord
from vmevalkit.runner.evaluated_runs import EvaluatedRun
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.measuring import NOT_AVAILABLE
from vmevalkit.runner.score_summary import ScoreSummary
from vmevalkit.runner.scoring import Scoring, run_scoring
from vmevalkit.store.evaluations import Evaluations
from vmevalkit.store.tree import OutputTree

Pixels = NDArray[np.uint8]
MakeRun = Callable[..., EvaluatedRun]

BOTH: tuple[Category, ...] = ("no_reference", "full_reference")
NO_REFERENCE = {"temporal_flicker", "motion_smoothness", "dynamic_degree", "first_frame_fidelity", "goal_frame_match"}
FULL_REFERENCE = {"psnr", "ssim", "ms_ssim", "vmaf"}


def drifting(count: int = 13, size: tuple[int, int] = (192, 176)) -> list[Pixels]:
    width, height = size
    pattern = np.random.default_rng(0).integers(0, 255, (height // 16, width // 16, 3), np.uint8)
    return [np.roll(pattern.repeat(16, 0).repeat(16, 1), 4 * index, 1) for index in range(count)]


@pytest.fixture
def make_run(tmp_path: Path, make_task: Callable[..., Path]) -> MakeRun:
    """Makes a run whose video and reference are as given, or the drifting pattern."""
    tasks = 0

    def make(write: Callable[[Path], object] | None = None, *, solved: bool = True) -> EvaluatedRun:
        nonlocal tasks
        tasks += 1
        task_id, frames = f"maze_{tasks:04d}", drifting()
        task = make_task(task_id)
        Image.fromarray(frames[0]).save(task / "first_frame.png")
        Image.fromarray(frames[-1]).save(task / "final_frame.png")
        encode(frames, task / "ground_truth.mp4", 8)
        if not solved:
            (task / "ground_truth.mp4").unlink()
            (task / "final_frame.png").unlink()
        with InferenceRunner(tmp_path / "outputs") as runner:
            question = {"id": task_id, "domain": "maze"}
            model = "control-oracle" if solved else "control-still"
            result = runner.run(model, task / "first_frame.png", "Go", question_data=question)
            entries = {entry.folder.split("/")[-1]: entry for entry in runner.tree.entries()}
        run = EvaluatedRun(outputs=tmp_path / "outputs", entry=entries[result["run_id"]])
        if write is None:
            return run
        write(run.video)
        entry = run.entry.model_copy(update={"video_sha256": hash_file(run.video)})
        return run.model_copy(update={"entry": entry})

    return make


def score(*runs: EvaluatedRun, metrics: tuple[str, ...] = (), force: bool = False) -> tuple[SweepSummary, Scoring]:
    scoring = Scoring(find_metrics(BOTH, metrics), runs, runs[0].outputs, runs[0].outputs.parent / "evaluations", force)
    with closing(InlineExecutor()) as executor:
        return run_scoring(scoring, executor), scoring


def scores_of(run: EvaluatedRun, **options: bool) -> dict[str, Score]:
    summary, scoring = score(run, **options)  # type: ignore[arg-type]  # the names of its options
    assert (summary.done, summary.failed) == (1, 0)
    return {score.key.metric: score for record in scoring.records for score in record.scores}


def read(run: EvaluatedRun, category: Category) -> ScoreRecord:
    record = Evaluations(run.outputs.parent / "evaluations").read(category, run.entry.folder, ScoreRecord)
    assert record is not None
    return record


def audio_only(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44100), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        output.mux(stream.encode(frame))
        output.mux(stream.encode())


def truncated(path: Path) -> None:
    encode(drifting(), path, 8)
    path.write_bytes(path.read_bytes()[:-3000])


def corrupt(path: Path) -> None:
    encode(drifting(), path, 8)
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 2000
    content[start : start + 3000] = bytes(3000)
    path.write_bytes(content)


def uneven(path: Path) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 192, 176, "yuv420p"
        for index, pixels in enumerate(drifting()):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts = index**2
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def test_every_metric_has_a_value_for_a_sound_run(make_run: MakeRun) -> None:
    run = make_run()
    scores = scores_of(run)
    assert {name for name, score in scores.items() if score.value is not None} == NO_REFERENCE | FULL_REFERENCE
    assert (scores["psnr"].value, scores["ssim"].value) == (100, 1)
    assert read(run, "no_reference").basis == read(run, "full_reference").basis
    assert scores["ssim"].key.fps == "native"
    assert scores["ssim"].details["frames"] == scores["ssim"].details["reference_frames"] == 13


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (audio_only, "it holds sound and no pictures"),
        (truncated, "it is cut off"),
        (corrupt, "frames were readable"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"no video"), "it is not a video"),
    ],
    ids=["audio only", "truncated", "corrupt", "empty", "no video"],
)
def test_unreadable_video_has_no_value_and_a_reason(
    make_run: MakeRun, write: Callable[[Path], object], reason: str
) -> None:
    scores = scores_of(make_run(write))
    assert {score.value for score in scores.values()} == {None}
    assert all(reason in str(score.reason) for score in scores.values())
    assert scores.keys() == NO_REFERENCE | FULL_REFERENCE


@pytest.mark.parametrize(
    ("frames", "without"),
    [
        (drifting(1), {"temporal_flicker", "motion_smoothness", "dynamic_degree"}),
        ([np.zeros((176, 192, 3), np.uint8)] * 13, set()),
        (drifting()[:1] * 13, set()),
        (drifting(13, (96, 64)), set()),
        (drifting(13, (320, 192)), set()),
        ([np.rot90(frame).copy() for frame in drifting()], set()),
    ],
    ids=["one frame", "black", "frozen", "smaller", "larger", "turned"],
)
def test_odd_video_has_values_where_there_can_be_any(
    make_run: MakeRun, frames: list[Pixels], without: set[str]
) -> None:
    scores = scores_of(make_run(lambda path: encode(frames, path, 8)))
    assert {name for name, score in scores.items() if score.value is None} == without
    assert all(score.reason and "at least" in score.reason for score in scores.values() if score.value is None)


def test_unevenly_timed_video_is_paired_by_number(make_run: MakeRun) -> None:
    scores = scores_of(make_run(uneven))
    assert scores["ssim"].n == 13
    assert scores["ssim"].key.fps.endswith(" against 8")
    assert scores["vmaf"].n == 13


def test_change_of_size_is_part_of_what_is_comparable(make_run: MakeRun) -> None:
    scores = scores_of(make_run(lambda path: encode(drifting(13, (96, 64)), path, 8)))
    assert {scores[name].key.resize for name in FULL_REFERENCE} == {"bicubic"}
    assert scores["psnr"].details["resized"] == {"from": [96, 64], "to": [192, 176]}


def test_without_reference_and_final_frame_the_rest_is_scored(make_run: MakeRun) -> None:
    scores = scores_of(make_run(solved=False))
    without = {name: score.reason for name, score in scores.items() if score.value is None}
    assert without.keys() == FULL_REFERENCE | {"goal_frame_match"}
    assert without["ssim"] == "The task has no reference video. Expected its solution as ground_truth.mp4."


def test_run_that_failed_has_no_value_and_says_so(make_run: MakeRun) -> None:
    run = make_run()
    failed = run.model_copy(update={"entry": run.entry.model_copy(update={"status": "failed", "video_path": None})})
    assert {score.reason for score in scores_of(failed).values()} == {"The run has no video: its status is failed"}


def test_what_was_scored_is_left_alone(make_run: MakeRun) -> None:
    runs = [make_run(), make_run()]
    score(*runs, metrics=("temporal_flicker", "psnr"))
    again, scoring = score(*runs, metrics=("temporal_flicker", "psnr"))
    assert (again.skipped, again.done, len(scoring.records)) == (2, 0, 4)
    assert score(*runs, metrics=("psnr",), force=True)[0].done == 2


def test_only_new_metrics_are_measured_and_added(make_run: MakeRun) -> None:
    run = make_run()
    score(run, metrics=("temporal_flicker",))
    first = read(run, "no_reference")
    score(run, metrics=("dynamic_degree", "temporal_flicker"))
    both = read(run, "no_reference")
    assert [score.key.metric for score in both.scores] == ["temporal_flicker", "dynamic_degree"]
    assert (both.scores[0], both.basis) == (first.scores[0], first.basis)
    assert score(run, metrics=("dynamic_degree",))[0].skipped == 1
    assert len(read(run, "no_reference").scores) == 2


def test_another_video_reference_or_version_is_measured_again(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, metrics = make_run(), ("psnr", "temporal_flicker")
    score(run, metrics=metrics)
    encode(drifting(5), run.video.parents[1] / "question" / "ground_truth.mp4", 8)
    assert score(run, metrics=("temporal_flicker",))[0].skipped == 1
    assert score(run, metrics=metrics)[0].done == 1
    encode(drifting(5), run.video, 8)
    entry = run.entry.model_copy(update={"video_sha256": hash_file(run.video)})
    changed = run.model_copy(update={"entry": entry})
    assert score(changed, metrics=metrics)[0].done == 1
    monkeypatch.setattr(find_metrics(BOTH, ["psnr"])[0], "version", 2)
    assert score(changed, metrics=metrics)[0].done == 1
    assert score(changed, metrics=metrics)[0].skipped == 1


def test_video_that_is_not_the_recorded_one_is_not_scored_and_looked_at_again(make_run: MakeRun) -> None:
    run = make_run()
    content = run.video.read_bytes()
    run.video.write_bytes(b"changed")
    assert all("is not the one that was recorded" in str(score.reason) for score in scores_of(run).values())
    run.video.write_bytes(content)
    assert scores_of(run)["psnr"].value == 100


def test_damaged_reference_leaves_the_other_category_alone(make_run: MakeRun) -> None:
    run = make_run()
    (run.video.parents[1] / "question" / "ground_truth.mp4").write_bytes(b"")
    scores = scores_of(run)
    assert {scores[name].reason for name in FULL_REFERENCE} == {
        "The reference video cannot be read: the file is empty."
    }
    assert all(scores[name].value is not None for name in NO_REFERENCE)


def test_missing_extra_costs_its_metric_alone_until_it_is_installed(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, metrics = make_run(), ("psnr", "vmaf")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "imageio_ffmpeg", None)
        patch.setattr("vmevalkit.metrics.vmaf.ffmpeg_version", ffmpeg_version.__wrapped__)
        score(run, metrics=metrics)
        psnr, vmaf = read(run, "full_reference").scores
        assert (psnr.value, vmaf.value, vmaf.key.implementation) == (100, None, NOT_AVAILABLE)
    score(run, metrics=metrics)
    assert read(run, "full_reference").scores[1].value is not None


def test_scores_are_those_of_workers_too(make_run: MakeRun) -> None:
    runs, metrics = [make_run(), make_run()], ("ssim", "dynamic_degree", "motion_smoothness")
    _, inline = score(*runs, metrics=metrics)
    work = Scoring(find_metrics(BOTH, metrics), runs, runs[0].outputs, runs[0].outputs.parent / "elsewhere")
    with closing(LocalExecutor(2)) as executor:
        assert run_scoring(work, executor).done == 2
    by_run = {record.subject.run_id + record.category: record.scores for record in inline.records}
    assert {record.subject.run_id + record.category: record.scores for record in work.records} == by_run


def test_record_of_another_version_is_made_again(make_run: MakeRun) -> None:
    run = make_run()
    path = Evaluations(run.outputs.parent / "evaluations").path("full_reference", run.entry.folder)
    path.parent.mkdir(parents=True)
    path.write_text('{"schema_version": 99}')
    assert scores_of(run)["psnr"].value == 100


def test_summary_of_all_records_is_kept(make_run: MakeRun) -> None:
    runs = [make_run(), make_run()]
    for run in runs:
        score(run, metrics=("psnr", "ms_ssim"))
    place = runs[0].outputs.parent / "evaluations" / "full_reference" / "summary.json"
    summary = ScoreSummary.model_validate(json.loads(place.read_text()))
    assert {(mean.key.metric, mean.domain, mean.n) for mean in summary.means} == {
        (metric, domain, 2) for metric in ("psnr", "ms_ssim") for domain in ("maze", None)
    }


def test_runs_of_a_real_tree_are_scored(make_run: MakeRun) -> None:
    run = make_run()
    with OutputTree(run.outputs) as tree:
        runs = [EvaluatedRun(outputs=run.outputs, entry=entry) for entry in tree.entries()]
    assert score(*runs, metrics=("psnr",))[0].done == 1
