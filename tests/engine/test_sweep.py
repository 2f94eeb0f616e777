from __future__ import annotations

import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmevalkit.engine.budget import Budget
from vmevalkit.engine.executor import Executor
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.threads import ThreadExecutor
from vmevalkit.engine.unit import Ending, Outcome, OutcomeStatus, Unit
from vmevalkit.errors import InvalidRequestError, OutputNotWritableError
from vmevalkit.records.generation import Failure

A = TypeVar("A")
B = TypeVar("B")

Units = Callable[..., list[Unit[str]]]

WORKS = ("1 + 1", "'text'", "None", "False", "1/0", "{}['key']", "undefined", "int('x')", "__import__('sys').exit(1)")


class Nothing:
    """What is waited for, if anything."""

    def __init__(self, stopped: threading.Event | None = None) -> None:
        self.stopped = stopped or threading.Event()

    def wind_down(self) -> None:
        return

    def stop_all(self) -> None:
        self.stopped.set()

    def resume(self) -> None:
        return


class Gauge:
    """Work that knows how much of it is under way; `most` holds the highest number seen for each group."""

    def __init__(self) -> None:
        self.live: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._lock = threading.Lock()

    def work(self, group: str) -> None:
        for name in (group, "all"):
            with self._lock:
                self.live[name] += 1
                self.most[name] = max(self.most[name], self.live[name])
        time.sleep(0.0005)
        with self._lock:
            self.live.subtract((group, "all"))


def outcomes(executor: Executor, units: list[Unit[str]]) -> list[tuple[str, OutcomeStatus, object, Failure | None]]:
    ended: list[Outcome[object]] = []
    sweep(units, eval, executor=executor, on_outcome=ended.append)
    return sorted((outcome.key, outcome.status, outcome.value, outcome.failure) for outcome in ended)


def statuses(units: list[Unit[str]], executor: Executor | None = None) -> dict[str, OutcomeStatus]:
    ended: dict[str, OutcomeStatus] = {}

    def note(outcome: Outcome[object]) -> None:
        assert outcome.key not in ended
        ended[outcome.key] = outcome.status

    sweep(units, eval, executor=executor or InlineExecutor(), on_outcome=note)
    return ended


def test_empty_sweep_is_done() -> None:
    summary = sweep([], abs, executor=InlineExecutor())
    assert (summary.total, summary.exit_code) == (0, 0)


def test_failing_item_fails_alone(units: Units) -> None:
    summary = sweep(units("1", "1/0", "2"), eval, executor=InlineExecutor())
    assert (summary.total, summary.done, summary.failed, summary.exit_code) == (3, 2, 1, 1)


@given(st.lists(st.sampled_from(WORKS), max_size=12))
@settings(max_examples=30, deadline=None)
def test_local_gives_what_inline_gives(units: Units, local: LocalExecutor, works: list[str]) -> None:
    assert outcomes(local, units(*works)) == outcomes(InlineExecutor(), units(*works))


@given(
    groups=st.lists(st.sampled_from("abcd"), max_size=40),
    limits=st.dictionaries(st.sampled_from("abc"), st.integers(1, 3)),
    slots=st.integers(1, 6),
)
@settings(max_examples=40, deadline=None)
def test_limits_are_never_passed(groups: list[str], limits: dict[str, int], slots: int) -> None:
    gauge = Gauge()
    units = [Unit(f"{place}", group, group) for place, group in enumerate(groups)]
    with closing(ThreadExecutor(slots, Nothing())) as executor:
        summary = sweep(units, gauge.work, executor=executor, limits=limits)
    assert summary.done == len(groups)
    assert gauge.most["all"] <= slots
    assert all(gauge.most[group] <= limit for group, limit in limits.items())


def test_full_group_does_not_hold_up_another() -> None:
    other_ran = threading.Event()

    def work(name: str) -> bool:
        if name == "other":
            other_ran.set()
        return other_ran.wait(20)

    units = [*(Unit(f"{n}", "full", "full") for n in range(50)), Unit("other", "other", "other")]
    endings: list[object] = []
    with closing(ThreadExecutor(2, Nothing())) as executor:
        sweep(
            units,
            work,
            executor=executor,
            limits={"full": 1},
            on_outcome=lambda outcome: endings.append(outcome.value),
        )
    assert endings == [True] * 51


def test_limit_below_one_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="limit of luma is 0"):
        sweep([], abs, executor=InlineExecutor(), limits={"luma": 0})


def test_done_units_are_skipped_and_asked_once(units: Units) -> None:
    asked: list[str] = []

    def is_done(unit: Unit[str]) -> bool:
        asked.append(unit.key)
        return unit.key == "1"

    summary = sweep(units("1", "1/0", "1"), eval, executor=InlineExecutor(), is_done=is_done)
    assert (summary.done, summary.skipped, summary.failed) == (2, 1, 0)
    assert asked == ["0", "1", "2"]


def test_unit_that_cannot_be_checked_fails_alone(units: Units) -> None:
    summary = sweep(units("1", "1"), eval, executor=InlineExecutor(), is_done=lambda unit: 1 / int(unit.key) < 0)
    assert (summary.failed, summary.done) == (1, 1)


def test_units_are_read_only_as_slots_come_free() -> None:
    read: list[int] = []

    def source() -> Iterator[Unit[int]]:
        for number in range(5):
            read.append(number)
            yield Unit(f"{number}", "g", number)

    ahead: list[int] = []
    sweep(source(), abs, executor=InlineExecutor(), on_outcome=lambda _: ahead.append(len(read)))
    assert ahead == [1, 2, 3, 4, 5]


def test_many_units_take_no_more_memory_than_few() -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        sweep((Unit(f"{n}", "g", n) for n in range(number)), abs, executor=InlineExecutor())
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(20_000) < peak(100) + 20_000


def test_value_may_say_that_the_item_failed(units: Units) -> None:
    refused = Failure(type="ContentRefusedError", message="No", status="refused")
    endings = {"ok": Ending("done", cost=0.5), "refused": Ending("failed", refused, 0.0), "held": Ending("busy")}
    ended: list[Outcome[str]] = []
    summary = sweep(
        units("'ok'", "'refused'", "'held'", cost=2.0),
        eval,
        executor=InlineExecutor(),
        outcome_of=lambda value: endings[value],
        on_outcome=ended.append,
    )
    assert [outcome.status for outcome in ended] == ["done", "failed", "busy"]
    assert ended[1].failure == refused
    assert summary.cost == 0.5


def test_value_that_cannot_be_read_is_a_failed_item(units: Units) -> None:
    summary = sweep(
        units("1", "2"), eval, executor=InlineExecutor(), outcome_of=lambda value: {1: Ending("done")}[value]
    )
    assert (summary.done, summary.failed) == (1, 1)


@pytest.mark.parametrize("ending", ["done", "failed"])
def test_forecast_counts_where_the_cost_is_unknown(units: Units, ending: OutcomeStatus) -> None:
    summary = sweep(units("1", cost=2.0), eval, executor=InlineExecutor(), outcome_of=lambda _: Ending(ending))
    assert summary.cost == 2.0


def test_exceeded_budget_starts_nothing_more(units: Units) -> None:
    budget = Budget(1.0)
    ended: list[str] = []

    def settle(outcome: Outcome[object]) -> None:
        budget.settle(outcome.key, outcome.cost)
        ended.append(outcome.status)

    summary = sweep(
        units(*["0"] * 5, cost=0.4),
        eval,
        executor=InlineExecutor(),
        admit=budget.reserve,
        on_outcome=settle,
    )
    assert ended == ["done", "done", "not_started", "not_started", "not_started"]
    assert summary.stopped_by is not None
    assert (summary.stopped_by.type, summary.exit_code, summary.interrupted) == ("BudgetExceededError", 4, False)


def test_skipped_units_are_not_charged(units: Units) -> None:
    summary = sweep(
        units("0", cost=9.0), eval, executor=InlineExecutor(), is_done=lambda _: True, admit=Budget(1.0).reserve
    )
    assert (summary.skipped, summary.cost, summary.exit_code) == (1, 0.0, 0)


def test_crashed_item_is_tried_again(units: Units, local: LocalExecutor, tmp_path: Path) -> None:
    flag = f"__import__('pathlib').Path({str(tmp_path / 'tried')!r})"
    crash_once = f"{flag}.exists() or ({flag}.touch(), __import__('os')._exit(1))"
    assert statuses(units(crash_once, "1", "1/0"), local) == {"0": "done", "1": "done", "2": "failed"}


def test_item_that_always_crashes_fails_alone(units: Units, local: LocalExecutor) -> None:
    crash = "__import__('os').kill(__import__('os').getpid(), 9)"
    ended: list[Outcome[object]] = []
    sweep(units("1", crash, "2", "3"), eval, executor=local, on_outcome=ended.append)
    failures = [outcome.failure for outcome in ended if outcome.failure]
    assert sorted(outcome.status for outcome in ended) == ["done", "done", "done", "failed"]
    assert [failure.type for failure in failures] == ["WorkerCrashedError"]


def test_crashing_item_is_tried_as_often_as_asked(units: Units, tmp_path: Path) -> None:
    crash = f"import os; file = open({str(tmp_path / 'tries')!r}, 'a'); file.write('x'); file.close(); os._exit(1)"
    with closing(LocalExecutor(1)) as executor:
        sweep(units(crash), exec, executor=executor, crash_attempts=3)
    assert (tmp_path / "tries").read_text() == "xxx"


@pytest.mark.parametrize("kind", ["inline", "local"])
def test_keyboard_interrupt_in_an_item_ends_the_sweep(units: Units, local: LocalExecutor, kind: str) -> None:
    interrupt = "(_ for _ in ()).throw(KeyboardInterrupt)"
    ended = statuses(units("1", "2", interrupt, interrupt, *["3"] * 9), InlineExecutor() if kind == "inline" else local)
    assert ended["2"] == "interrupted"
    assert (ended["0"], ended["1"], ended["12"]) == ("done", "done", "not_started")


def test_interrupted_sweep_says_so_whatever_else_happened(units: Units) -> None:
    work = units("1/0", "(_ for _ in ()).throw(KeyboardInterrupt)", "1")
    summary = sweep(work, eval, executor=InlineExecutor())
    assert (summary.interrupted, summary.items_interrupted, summary.not_started, summary.exit_code) == (True, 1, 1, 130)


def test_outcome_that_cannot_be_recorded_ends_the_sweep(units: Units) -> None:
    def record(_: Outcome[object]) -> None:
        raise OutputNotWritableError("Disk full", path="ledger")

    with pytest.raises(OutputNotWritableError, match="Disk full"):
        sweep(units("1", "2"), eval, executor=InlineExecutor(), on_outcome=record)


def test_sweep_runs_in_any_thread(units: Units) -> None:
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(statuses, units("1", "1/0")).result() == {"0": "done", "1": "failed"}


def test_every_outcome_tells_how_long_the_work_took(units: Units, local: LocalExecutor) -> None:
    ended: list[Outcome[object]] = []
    sweep(units("__import__('time').sleep(0.05)"), eval, executor=local, on_outcome=ended.append)
    assert 0.05 <= ended[0].seconds < 1
