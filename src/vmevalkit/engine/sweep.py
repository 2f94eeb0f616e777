"""The sweep: units × one piece of work, minus what is done. How every long job runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from itertools import chain
from time import perf_counter
from types import MappingProxyType
from typing import Generic, TypeVar, cast

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.flight import Flight, Landing
from vmevalkit.engine.item import Call, Ended, carry_out
from vmevalkit.engine.line import Line
from vmevalkit.engine.progress import Progress, QuietProgress
from vmevalkit.engine.summary import SweepSummary, Tally
from vmevalkit.engine.unit import Ending, Outcome, OutcomeStatus, Unit
from vmevalkit.errors import BudgetExceededError
from vmevalkit.records.generation import Failure
from vmevalkit.retry import failure_of

T = TypeVar("T")
R = TypeVar("R")


def sweep(  # noqa: PLR0913 (every hook of a long job is named here, once)
    units: Iterable[Unit[T]],
    perform: Callable[[T], R],
    *,
    executor: Executor,
    is_done: Callable[[Unit[T]], bool] | None = None,
    limits: Mapping[str, int] = MappingProxyType({}),
    admit: Callable[[Unit[T]], object] | None = None,
    outcome_of: Callable[[R], Ending] | None = None,
    on_outcome: Callable[[Outcome[R]], object] | None = None,
    crash_attempts: int = 2,
    progress: Progress | None = None,
    noun: str = "items",
) -> SweepSummary:
    """How the units ended, each in exactly one outcome; raises only what the hooks raise.

    Args:
        units: Read one by one as slots come free, so they may be many. Any order; where `limits` are tight, groups
            that alternate keep more slots busy than long runs of one group.
        perform: Does the work on a payload. Picklable, for executors with processes. Whatever it raises is a failed
            outcome; KeyboardInterrupt an interrupted one, which ends the sweep.
        executor: Where the work is done. The caller closes it.
        is_done: Asked once for each unit as it is read; True counts the unit as skipped.
        limits: Most units of a group under way at once; a group that is full does not hold up the others.
        admit: Called before each start; BudgetExceededError from it means that nothing more is started.
        outcome_of: Reads from a returned value how the unit ended; by default it is done.
        on_outcome: Called with each outcome, in this thread.
        crash_attempts: How often a unit is tried when its worker process dies.
        progress: Told of each outcome.
        noun: What the units are, in the plural.

    Ctrl-C: nothing more is started and the units in worker processes are waited for; a second Ctrl-C kills the
    workers. A unit worked on in this process is interrupted at once.
    """
    flight = Flight(perform, executor, crash_attempts)
    course = _Course(flight, is_done, admit, outcome_of, on_outcome, progress or QuietProgress())
    return course.run(units, limits, noun)


class _Course(Generic[T, R]):
    """One sweep under way."""

    def __init__(
        self,
        flight: Flight[T, R],
        is_done: Callable[[Unit[T]], bool] | None,
        admit: Callable[[Unit[T]], object] | None,
        outcome_of: Callable[[R], Ending] | None,
        on_outcome: Callable[[Outcome[R]], object] | None,
        progress: Progress,
    ) -> None:
        self._flight, self._progress = flight, progress
        self._is_done, self._admit, self._outcome_of, self._on_outcome = is_done, admit, outcome_of, on_outcome
        self._tally = Tally()
        self._cut_short = False
        self._stopped_by: Failure | None = None

    def run(self, units: Iterable[Unit[T]], limits: Mapping[str, int], noun: str) -> SweepSummary:
        started = perf_counter()
        source = iter(units)
        line = Line(self._not_done(source), limits)
        self._progress.start(len(units) if isinstance(units, Sized) else None, noun)
        try:
            with self._flight.interrupts:
                self._work_through(line)
                self._leave(chain(line.waiting(), source))
        finally:
            summary = self._tally.summary(
                seconds=perf_counter() - started, interrupted=self._interrupted, stopped_by=self._stopped_by
            )
            self._progress.finish(summary)
        return summary

    @property
    def _interrupted(self) -> bool:
        return self._cut_short or self._flight.interrupts.count > 0

    @property
    def _stopping(self) -> bool:
        return self._interrupted or self._stopped_by is not None

    def _not_done(self, source: Iterator[Unit[T]]) -> Iterator[Unit[T]]:
        while not self._stopping and (unit := next(source, None)) is not None:
            asked = carry_out(Call(self._is_done, unit)) if self._is_done else None
            if asked is not None and asked.failure is not None:
                self._record(Outcome(unit.key, unit.group, _status_of(asked.failure), failure=asked.failure))
            elif asked is not None and asked.value:
                self._record(Outcome(unit.key, unit.group, "skipped"))
            else:
                yield unit

    def _work_through(self, line: Line[T]) -> None:
        self._start_all_that_fit(line)
        while self._flight:
            landing = self._flight.land()
            if landing is not None:
                line.release(landing.unit)
                self._record(self._outcome(landing))
            elif self._flight.interrupts.count:
                self._attend_to_interrupt()
            self._start_all_that_fit(line)

    def _start_all_that_fit(self, line: Line[T]) -> None:
        while self._flight.has_room and not self._stopping and (unit := line.take()) is not None:
            if self._admitted(unit):
                self._flight.start(unit)
            else:
                self._record(Outcome(unit.key, unit.group, "not_started"))

    def _admitted(self, unit: Unit[T]) -> bool:
        if self._interrupted:  # Ctrl-C may have come while the unit was looked for
            return False
        try:
            if self._admit is not None:
                self._admit(unit)
        except BudgetExceededError as error:
            self._stopped_by = failure_of(error)
        return self._stopped_by is None

    def _leave(self, rest: Iterator[Unit[T]]) -> None:
        presses = self._flight.interrupts.count
        for unit in rest:
            if self._flight.interrupts.count > presses:
                return
            self._record(Outcome(unit.key, unit.group, "not_started"))

    def _attend_to_interrupt(self) -> None:
        if self._flight.interrupts.count > 1:
            self._flight.kill()
            return
        self._flight.wind_down()
        if working := self._flight.working:
            self._progress.note(
                f"Interrupted: waiting for {working} under way, starting no more. Ctrl-C again kills the workers."
            )

    def _record(self, outcome: Outcome[R]) -> None:
        self._cut_short = self._cut_short or outcome.status == "interrupted"
        self._tally.add(outcome)
        if self._on_outcome is not None:
            self._on_outcome(outcome)
        self._progress.update(outcome)

    def _outcome(self, landing: Landing[T, R]) -> Outcome[R]:
        unit, ended = landing.unit, landing.ended
        ending = self._ending(ended)
        forecast = unit.cost if ending.status in {"done", "failed", "interrupted"} else 0.0
        return Outcome(
            key=unit.key,
            group=unit.group,
            status=ending.status,
            value=ended.value,
            failure=ending.failure,
            seconds=ended.seconds,
            cost=forecast if ending.cost is None else ending.cost,
        )

    def _ending(self, ended: Ended[R]) -> Ending:
        if ended.failure is not None:
            return Ending(_status_of(ended.failure), ended.failure)
        if self._outcome_of is None:
            return Ending("done")
        read = carry_out(Call(self._outcome_of, cast("R", ended.value)))
        return read.value or Ending("failed", read.failure)


def _status_of(failure: Failure) -> OutcomeStatus:
    return "interrupted" if failure.status == "interrupted" else "failed"
