"""Batches of models behind APIs: what is asked for, adopted, repeated and paid for, as their emulators count it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from vmevalkit.engine.summary import SweepSummary
from vmevalkit.errors import InvalidRequestError, MissingCredentialError, ModelRetiredError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.run import Run
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.batch import Batch, BatchOptions, limits_of, run_batch
from vmevalkit.runner.executors import executor_for_models
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.jobs import adopt_jobs, dismiss_job
from vmevalkit.runner.plan import plan_of
from vmevalkit.store.jobs import job_entries
from vmevalkit.store.journal import append_event
from vmevalkit.store.schema import read_run
from vmevalkit.tasks.questions import read_questions
from vmevalkit.testing.emulators.base import Emulator

RUNWAY, KLING = "runway-gen4-turbo", "kling-v2-6"
BEFORE_THE_ANSWER = {"started", "prepared", "submitting"}


class Bench:
    """A provider's model, its emulator, some tasks and an output tree."""

    def __init__(self, emulator: Emulator, model: str, questions: Path, outputs: Path) -> None:
        self.emulator, self.model, self.questions, self.outputs = emulator, model, questions, outputs

    def batch(self, runner: InferenceRunner, **options: Any) -> Batch:
        """The batch of all tasks."""
        chosen = BatchOptions(output_dir=self.outputs, **options)
        return Batch(read_questions(self.questions).tasks, [catalog().get(self.model)], chosen, runner)

    def run(self, *, max_cost: float | None = None, **options: Any) -> SweepSummary:
        """One sweep, as a new process would begin it."""
        with InferenceRunner(self.outputs, retry=RetryPolicy(first_wait_seconds=0)) as runner:
            batch = self.batch(runner, **options)
            with closing(executor_for_models(batch.models, 1, None, batch.runner.workers)) as executor:
                return run_batch(batch, executor, max_cost=max_cost)

    @property
    def records(self) -> list[Run]:
        """The records of all runs, oldest first."""
        found = [read_run(path) for path in self.outputs.glob("*/*/*/*/metadata.json")]
        return sorted(found, key=lambda run: (run.inference.timestamp, run.inference.run_id))

    def run_until_killed_after(self, event: str, **options: Any) -> None:
        """Run the only task, and leave it as a process does that was killed right after an event."""
        self.run(**options)
        self.forget_record()
        self.cut_journal(event)

    def forget_record(self) -> None:
        """Leave the only run as a killed process would: with a journal and no record."""
        (record,) = self.outputs.glob("*/*/*/*/metadata.json")
        record.unlink()

    def cut_journal(self, event: str) -> None:
        """Leave the only run as it was right after an event."""
        (journal,) = self.outputs.glob("*/*/*/*/journal.jsonl")
        lines = journal.read_text().splitlines()
        last = next(number for number, line in enumerate(lines) if json.loads(line)["event"] == event)
        journal.write_text("\n".join(lines[: last + 1]) + "\n")


Start = Callable[..., Bench]


@pytest.fixture
def bench(
    make_task: Callable[..., Path], questions: Path, tmp_path: Path, emulate: Callable[..., Emulator]
) -> Callable[..., Bench]:
    """An emulator that behaves as told, and some tasks for its model."""

    def start(model: str = RUNWAY, tasks: int = 1, **behaviour: Any) -> Bench:
        provider = catalog().get(model).provider
        assert provider is not None
        for number in range(tasks):
            make_task(f"maze_{number:04d}", prompt="Go to the end", size=(640, 360))
        return Bench(emulate(provider.name, **behaviour), model, questions, tmp_path / "outputs")

    return start


def faults(phase: str, kind: str, times: int = -1) -> dict[str, Any]:
    return {"faults": [{"phase": phase, "kind": kind, "times": times}]}


def test_record_says_what_was_sent_changed_and_paid(bench: Start) -> None:
    found = bench()
    assert found.run(parameters={"ratio": "960:960"}).done == 1
    (run,) = found.records
    assert run.cost is not None
    assert run.provenance is not None
    assert (run.cost.source, run.inference.status) == ("provider", "success")
    assert run.cost.amount == pytest.approx(0.05 * 5)
    assert [change.operation for change in run.provenance.input_transforms] == ["pad"]
    assert run.output.metadata["endpoint"] == found.emulator.base_url
    assert found.emulator.key not in run.model_dump_json()


def test_second_sweep_asks_for_nothing(bench: Start) -> None:
    found = bench(tasks=3)
    found.run()
    assert found.run().skipped == 3
    assert len(found.emulator.jobs) == 3


def test_job_of_a_killed_process_is_adopted_and_not_paid_again(bench: Start) -> None:
    found = bench()
    found.run_until_killed_after("submitted")
    summary = found.run(max_cost=0.0)
    assert (summary.done, summary.cost) == (1, 0.0)
    assert (len(found.emulator.jobs), len(found.records)) == (1, 1)


def test_adopted_run_keeps_what_was_changed_before_it_was_killed(bench: Start) -> None:
    found = bench()
    found.run_until_killed_after("submitted", parameters={"ratio": "960:960"})
    found.run(parameters={"ratio": "960:960"})
    provenance = found.records[0].provenance
    assert provenance is not None
    assert [change.operation for change in provenance.input_transforms] == ["pad"]


def test_run_that_lost_touch_goes_on_with_its_job(bench: Start) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    assert found.run().failed == 1
    found.emulator.faults_left.clear()
    assert found.run().done == 1
    (run,) = found.records
    assert [attempt.number for attempt in run.attempts] == [1, 2]
    assert len(found.emulator.jobs) == 1


def test_process_killed_while_it_submitted_is_unknown_and_not_repeated(bench: Start) -> None:
    found = bench()
    found.run_until_killed_after("submitting")
    assert (found.run().failed, found.run().skipped) == (1, 1)
    assert [run.inference.status for run in found.records] == ["unknown"]
    assert len(found.emulator.jobs) == 1


def test_process_killed_while_it_submitted_finds_its_job_where_it_can(bench: Start) -> None:
    found = bench(KLING)
    found.run_until_killed_after("submitting")
    assert found.run().done == 1
    assert len(found.emulator.jobs) == 1


def test_job_that_never_arrived_is_submitted_where_that_is_certain(bench: Start) -> None:
    found = bench(KLING)
    found.run_until_killed_after("submitting")
    found.emulator.jobs.clear()
    assert found.run().done == 1
    assert len(found.emulator.jobs) == 1


def test_unknown_submit_is_only_repeated_on_request(bench: Start) -> None:
    found = bench(**faults("submit", "cut_after", 1))
    assert found.run().failed == 1
    assert found.run(retry_failed=True).skipped == 1
    assert found.run(resubmit_unknown=True).done == 1
    assert [run.inference.status for run in found.records] == ["unknown", "success"]
    assert len(found.emulator.jobs) == 2


def test_unknown_run_may_have_cost_what_was_forecast(bench: Start) -> None:
    found = bench(**faults("submit", "cut_after", 1))
    found.run()
    (run,) = found.records
    assert run.cost is not None
    assert run.cost.source == "forecast"
    assert run.cost.amount == pytest.approx(0.25)


def test_interrupt_in_the_middle_of_a_submit_leaves_it_unknown(bench: Start) -> None:
    found = bench(submit_seconds=5.0)
    Timer(1.0, event_loop.stop_all).start()
    assert found.run().interrupted
    (run,) = found.records
    assert run.inference.status == "unknown"
    assert found.run().skipped == 1
    assert len(found.emulator.jobs) <= 1


def test_video_that_is_no_longer_kept_is_a_failure_that_can_be_repeated(bench: Start) -> None:
    found = bench(**faults("fetch", "expired"))
    assert (found.run().failed, found.run().skipped) == (1, 1)
    found.emulator.faults_left.clear()
    assert found.run(retry_failed=True).done == 1
    assert len(found.emulator.jobs) == 2


def test_adoption_submits_nothing_even_where_nothing_arrived(bench: Start) -> None:
    found = bench(KLING)
    found.run_until_killed_after("submitting")
    found.emulator.jobs.clear()
    with InferenceRunner(found.outputs) as runner:
        assert adopt_jobs(runner, list(job_entries(runner.tree))).failed == 1
    assert not found.emulator.jobs
    (run,) = found.records
    assert run.cost is not None
    assert run.cost.amount == 0


def test_lost_job_that_may_have_to_be_paid_counts_against_the_limit(bench: Start) -> None:
    found = bench(KLING)
    found.run_until_killed_after("submitting")
    found.emulator.jobs.clear()
    assert found.run(max_cost=0.0).exit_code == 4
    assert not found.emulator.jobs


def test_job_that_was_settled_in_between_is_not_submitted_again(bench: Start) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    found.run()
    with InferenceRunner(found.outputs) as runner:
        stale = list(job_entries(runner.tree))
        found.emulator.faults_left.clear()
        found.run()
        assert adopt_jobs(runner, stale).failed == 1
    assert len(found.emulator.jobs) == 1
    assert found.records[0].inference.status == "success"


def test_job_of_another_address_is_left_alone(bench: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    found.run()
    monkeypatch.setenv("RUNWAYML_BASE_URL", "http://127.0.0.1:9")
    with InferenceRunner(found.outputs) as runner:
        before = found.records
        summary = adopt_jobs(runner, list(job_entries(runner.tree)))
        assert (summary.failed, found.records) == (1, before)
        assert [entry.phase for entry in job_entries(runner.tree)] == ["submitted"]


def test_job_that_the_account_does_not_know_stays_open(bench: Start) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    found.run()
    found.emulator.faults_left.clear()
    found.emulator.jobs.clear()
    assert found.run().failed == 1
    assert found.records[0].inference.status == "unknown"
    assert found.run(retry_failed=True).failed == 1
    assert not found.emulator.jobs
    assert found.run(resubmit_unknown=True).done == 1


def test_run_with_a_key_of_its_own_is_adopted_with_the_one_that_is_set(
    bench: Start, make_task: Callable[..., Path]
) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    with InferenceRunner(found.outputs, retry=RetryPolicy(first_wait_seconds=0)) as runner:
        picture = make_task("maze_0009", size=(640, 360)) / "first_frame.png"
        runner.run(RUNWAY, picture, "Go", api_key=found.emulator.key)
        found.emulator.faults_left.clear()
        assert adopt_jobs(runner, list(job_entries(runner.tree))).done == 1


def test_interrupted_units_cost_what_was_submitted(bench: Start) -> None:
    found = bench(tasks=8, job_seconds=30.0)
    Timer(1.5, event_loop.stop_all).start()
    with InferenceRunner(found.outputs, in_flight=2) as runner:
        batch = found.batch(runner)
        with closing(executor_for_models(batch.models, 1, 2, batch.runner.workers)) as executor:
            summary = run_batch(batch, executor)
    assert summary.interrupted
    assert summary.cost == pytest.approx(0.25 * len(found.emulator.jobs))


def test_cost_that_nobody_knows_is_not_called_nothing(bench: Start) -> None:
    found = bench("luma-ray-flash-2")
    assert found.run(parameters={"image_url": "https://pictures.example/a.png"}).done == 1
    (run,) = found.records
    assert run.cost is None
    with InferenceRunner(found.outputs) as runner:
        assert [entry.cost for entry in job_entries(runner.tree)] == [None]


def test_dismissed_run_of_a_killed_process_is_not_submitted_again(bench: Start) -> None:
    found = bench()
    found.run_until_killed_after("submitting")
    with InferenceRunner(found.outputs) as runner:
        (entry,) = job_entries(runner.tree)
        dismiss_job(runner, entry)
    assert found.run().skipped == 1
    assert len(found.emulator.jobs) == 1


@pytest.mark.parametrize("kind", ["unavailable", "truncated", "html", "cut_before"])
def test_paid_video_that_could_not_be_fetched_is_fetched_before_another_is_made(bench: Start, kind: str) -> None:
    found = bench(**faults("fetch", kind))
    assert found.run().failed == 1
    found.emulator.faults_left.clear()
    assert found.run(retry_failed=True).done == 1
    assert len(found.emulator.jobs) == 1


def test_whole_run_that_was_not_called_settled_stays_whole(bench: Start) -> None:
    found = bench()
    found.run()
    found.cut_journal("ended")
    found.emulator.jobs.clear()
    before = found.records
    with InferenceRunner(found.outputs) as runner:
        stale = [entry.model_copy(update={"phase": "submitted"}) for entry in job_entries(runner.tree)]
        adopt_jobs(runner, stale)
        assert [entry.phase for entry in job_entries(runner.tree)] == ["settled"]
    assert found.records == before


def test_repeats_of_a_task_do_not_recover_each_other(bench: Start) -> None:
    found = bench()
    found.run(samples_per_task=2)
    for record in found.outputs.glob("*/*/*/*/metadata.json"):
        record.unlink()
        journal = record.with_name("journal.jsonl")
        lines = [line for line in journal.read_text().splitlines() if json.loads(line)["event"] in BEFORE_THE_ANSWER]
        journal.write_text("\n".join(lines) + "\n")
    assert found.run(samples_per_task=2).failed == 2
    assert {run.inference.status for run in found.records} == {"unknown"}


def test_models_that_run_here_do_not_take_the_room_of_those_that_wait(bench: Start) -> None:
    found = bench()
    with InferenceRunner(found.outputs) as runner:
        batch = found.batch(runner)
        batch.models = [*batch.models, catalog().get("control-still")]
        assert limits_of(batch) == {"runway": 10, "control-still": 1}


def test_refused_submit_costs_nothing(bench: Start) -> None:
    found = bench(**faults("submit", "refused"))
    found.run()
    (run,) = found.records
    assert run.cost is not None
    assert (run.inference.status, run.cost.amount) == ("refused", 0.0)


def test_file_that_is_no_video_is_fetched_again_and_then_given_up(bench: Start) -> None:
    found = bench(**faults("fetch", "garbage"))
    assert found.run().failed == 1
    assert found.emulator.requests["fetch"] == 3
    assert found.run().skipped == 1


def test_file_that_was_no_video_once_is_fetched_again(bench: Start) -> None:
    found = bench(**faults("fetch", "garbage", 1))
    assert found.run().done == 1


def test_nothing_is_begun_that_could_pass_the_limit(bench: Start) -> None:
    found = bench(tasks=5)
    summary = found.run(max_cost=0.60)
    assert (summary.done, summary.exit_code) == (2, 4)
    assert summary.cost <= 0.60
    assert len(found.emulator.jobs) == 2


def test_model_without_a_price_has_no_place_under_a_limit(bench: Start) -> None:
    found = bench("luma-ray-flash-2")
    with pytest.raises(InvalidRequestError, match="--max-cost"):
        found.run(max_cost=10.0)
    assert not found.emulator.requests


def test_retired_model_fails_before_any_request(bench: Start) -> None:
    found = bench("openai-sora-2")
    with pytest.raises(ModelRetiredError, match="2026-09-24"):
        found.run()
    assert not found.emulator.requests


def test_missing_key_ends_the_sweep_before_it_begins(bench: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bench()
    monkeypatch.delenv("RUNWAYML_API_SECRET")
    with pytest.raises(MissingCredentialError, match="RUNWAYML_API_SECRET"):
        found.run()
    assert not found.outputs.exists() or not found.records


@pytest.mark.parametrize(
    "parameters", [{"duration": 3600}, {"ratio": "16:9"}, {"rattio": "960:960"}, {"fit": "squeeze"}]
)
def test_what_the_model_does_not_make_is_refused_before_anything_is_paid(bench: Start, parameters: Any) -> None:
    found = bench()
    with pytest.raises(InvalidRequestError):
        found.run(parameters=parameters)
    assert not found.emulator.requests


def test_what_an_emulator_made_is_not_taken_for_work_of_the_provider(
    bench: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = bench()
    found.run()
    monkeypatch.delenv("RUNWAYML_BASE_URL")
    with InferenceRunner(found.outputs) as runner:
        assert plan_of(found.batch(runner)).models[RUNWAY].to_do == 1


def test_plan_tells_what_is_to_be_adopted_apart_from_what_is_paid(bench: Start) -> None:
    found = bench(tasks=3, **faults("poll", "unauthenticated", 1))
    with InferenceRunner(found.outputs) as runner:
        assert plan_of(found.batch(runner)).total.amount == pytest.approx(0.75)
    found.run()
    with InferenceRunner(found.outputs) as runner:
        plan = plan_of(found.batch(runner))
    assert (plan.models[RUNWAY].to_adopt, plan.models[RUNWAY].done, plan.total.amount) == (1, 2, 0.0)


def test_open_jobs_are_listed_with_their_ids(bench: Start) -> None:
    found = bench(**faults("poll", "unauthenticated"))
    found.run()
    with InferenceRunner(found.outputs) as runner:
        (entry,) = job_entries(runner.tree)
    assert (entry.phase, [entry.job.id]) == ("submitted", list(found.emulator.jobs))


def test_torn_line_in_a_journal_costs_nothing(bench: Start) -> None:
    found = bench()
    found.run_until_killed_after("submitted")
    (journal,) = found.outputs.glob("*/*/*/*/journal.jsonl")
    with journal.open("a") as file:
        file.write('{"event": "settl')
    append_event(journal, "noted", {})
    assert found.run().done == 1
    assert len(found.emulator.jobs) == 1
