from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.engine.summary import SweepSummary
from vmevalkit.errors import DeviceNotFoundError, EnvironmentNotInstalledError, InvalidRequestError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU, Device
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.records.run import Run
from vmevalkit.records.weights import WeightFile
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.executors import executor_for_models
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.reporting import make_report
from vmevalkit.store.layout import RunFolder
from vmevalkit.tasks.questions import read_questions
from vmevalkit.weights.manifest import make_manifest

MakeTask = Callable[..., Path]
GPUS = (Device("H200", "0"), Device("H200", "1"))
pytestmark = pytest.mark.usefixtures("standins")


class Bench:
    """Runs stand-ins on tasks, and looks at what is recorded."""

    def __init__(self, questions: Path, outputs: Path) -> None:
        self.questions, self.outputs = questions, outputs
        self.stack = ExitStack()

    def runner(self, devices: Sequence[Device] = (CPU,)) -> InferenceRunner:
        policy = RetryPolicy(attempts=2, first_wait_seconds=0)
        return self.stack.enter_context(InferenceRunner(self.outputs, devices=devices, retry=policy))

    def sweep(self, *keys: str, devices: Sequence[Device] = (CPU,), **parameters: Any) -> SweepSummary:
        runner, models = self.runner(devices), [catalog().get(key) for key in keys]
        options = BatchOptions(output_dir=self.outputs, parameters=parameters)
        batch = Batch(read_questions(self.questions).tasks, models, options, runner)
        with closing(executor_for_models(models, 1, None, runner.workers)) as executor:
            summary = run_batch(batch, executor)
        runner.close()
        return summary

    @property
    def runs(self) -> list[Run]:
        folders = sorted(self.outputs.glob("*/*/*/*/metadata.json"))
        return [Run.model_validate_json(path.read_bytes()) for path in folders]

    def effective(self, name: str, key: str = "standin") -> list[object]:
        made: list[Any] = [run.output.metadata for run in self.runs if run.inference.model == key]
        return [metadata["effective"][name] for metadata in made if "effective" in metadata]


@pytest.fixture
def bench(questions: Path, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(questions, tmp_path / "outputs")
    with bench.stack:
        yield bench


@pytest.fixture
def three_tasks(make_task: MakeTask) -> None:
    for number in range(3):
        make_task(f"maze_{number:04d}")


@pytest.mark.usefixtures("three_tasks")
def test_sweep_loads_each_model_once(bench: Bench) -> None:
    assert bench.sweep("standin", "standin-second", "control-still").done == 9
    assert len(set(bench.effective("pid"))) == 1
    assert len(set(bench.effective("pid", "standin-second"))) == 1


@pytest.mark.usefixtures("three_tasks")
def test_record_names_what_the_model_ran_with(bench: Bench) -> None:
    bench.sweep("standin")
    provenance = bench.runs[0].provenance
    assert provenance is not None
    assert provenance.installation is not None
    assert bench.runs[0].untrained
    assert "installation" not in bench.runs[0].output.metadata


@pytest.mark.usefixtures("three_tasks")
def test_two_gpus_work_at_once_each_with_a_worker(bench: Bench) -> None:
    bench.sweep("standin", devices=GPUS)
    assert set(bench.effective("gpus")) == {"0", "1"}


def test_task_that_kills_the_worker_costs_only_itself(bench: Bench, make_task: MakeTask) -> None:
    (make_task("maze_0001") / "prompt.txt").write_text("die")
    make_task("maze_0002")
    summary = bench.sweep("standin")
    assert (summary.done, summary.failed) == (1, 1)
    (failed,) = [run for run in bench.runs if run.inference.status == "failed"]
    assert [attempt.failure.type for attempt in failed.attempts if attempt.failure] == ["WorkerCrashedError"] * 2


def test_memory_that_runs_out_is_not_tried_again(bench: Bench, make_task: MakeTask) -> None:
    (make_task("maze_0001") / "prompt.txt").write_text("out of memory")
    bench.sweep("standin")
    assert len(bench.runs[0].attempts) == 1


@pytest.mark.usefixtures("three_tasks")
def test_resumed_sweep_loads_nothing(bench: Bench) -> None:
    bench.sweep("standin")
    summary = bench.sweep("standin", "standin-second")
    assert (summary.skipped, summary.done) == (3, 3)


@pytest.mark.usefixtures("three_tasks")
def test_model_that_is_not_installed_stops_the_sweep_before_it_begins(bench: Bench) -> None:
    with pytest.raises(EnvironmentNotInstalledError, match="vmevalkit models install tiny-svd"):
        bench.sweep("control-still", "tiny-svd")
    assert bench.runs == []


@pytest.mark.usefixtures("three_tasks")
def test_model_without_its_gpu_stops_the_sweep_before_it_begins(bench: Bench) -> None:
    with pytest.raises(DeviceNotFoundError):
        bench.sweep("standin-on-gpus")


@pytest.mark.usefixtures("three_tasks")
@pytest.mark.parametrize("key", ["standin", "standin-between"])
def test_wrong_frame_count_stops_the_sweep_before_it_begins(bench: Bench, key: str) -> None:
    with pytest.raises(InvalidRequestError, match="5, 9, 13"):
        bench.sweep(key, frames=6)


@pytest.mark.usefixtures("three_tasks")
@pytest.mark.parametrize("keys", [["standin"], ["standin", "control-still"], ["control-still"]])
def test_parameter_that_nobody_takes_stops_the_sweep_before_it_begins(bench: Bench, keys: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match="step"):
        bench.sweep(*keys, step=50)


@pytest.mark.usefixtures("three_tasks")
def test_other_weights_of_an_unpinned_revision_are_no_reason_to_skip(bench: Bench, standins: Shelves) -> None:
    shelf, source = standins.weights, recipe_of(catalog().get("standin-unpinned"))[0].weights["model"]
    for revision in ("1" * 40, "2" * 40):
        shelf.folder_of(source).mkdir(parents=True, exist_ok=True)
        shelf.write_manifest(
            source, make_manifest(source, [_config(shelf.folder_of(source))], revision=revision, origin="hub")
        )
        assert bench.sweep("standin-unpinned").done == 3


def _config(folder: Path) -> WeightFile:
    (folder / "config.json").write_text("{}")
    return WeightFile(path="config.json", bytes=2)


@pytest.mark.usefixtures("three_tasks")
def test_second_ctrl_c_while_a_model_loads_leaves_runs_to_be_gone_on_with(bench: Bench) -> None:
    runner, tasks = bench.runner(), read_questions(bench.questions).tasks
    job = runner.plan(catalog().get("standin-loads-long"), tasks[0], parameters={})
    threading.Timer(0.5, runner.workers.stop_all).start()
    with pytest.raises(KeyboardInterrupt):
        runner.run_job(job)
    assert bench.runs[0].inference.status == "interrupted"


@pytest.mark.usefixtures("three_tasks")
def test_models_with_workers_come_one_after_the_other_and_others_in_between(bench: Bench) -> None:
    models = [catalog().get(key) for key in ("standin", "control-still", "standin-second")]
    batch = Batch(read_questions(bench.questions).tasks, models, BatchOptions(output_dir=bench.outputs), bench.runner())
    keys = [unit.key.split()[0] for unit in batch]
    assert [key for key in keys if key != "control-still"] == ["standin"] * 3 + ["standin-second"] * 3
    assert keys[:4] == ["control-still", "standin"] * 2


def test_ctrl_c_kills_the_worker_and_records_the_run(bench: Bench, make_task: MakeTask) -> None:
    make_task("maze_0001")
    runner = InferenceRunner(bench.outputs, devices=(CPU,), on_step=_interrupt)
    with runner, pytest.raises(KeyboardInterrupt):
        runner.run_job(runner.plan(catalog().get("standin"), read_questions(bench.questions).tasks[0], parameters={}))
    assert bench.runs[0].inference.status == "interrupted"
    assert list(RunFolder(bench.outputs).path.glob("*/*/*/*/video/*")) == []


def _interrupt(run: str, step: int, of: int) -> None:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("three_tasks")
def test_runs_with_untrained_weights_are_left_off_the_board_and_told(bench: Bench) -> None:
    (bench.questions / "maze_task" / "maze_0001" / "prompt.txt").write_text("fail")
    bench.sweep("standin", "control-still")
    written = make_report(bench.runner().tree)
    document = json.loads((written.folder / "report.json").read_text())
    assert [row["model"] for row in document["board"]] == ["control-still"]
    assert any("3 runs of standin left out" in notice["text"] for notice in document["notices"])
