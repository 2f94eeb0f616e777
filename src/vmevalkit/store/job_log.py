"""The job of a run, in the run's journal: written down before it is paid for, and read again after a crash.

A run has at most one job under way. `submitting` is on the disk before the request leaves, `submitted` the moment the
provider's id is known, `ended` when the provider said how it ended, `settled` once the run has its record: a process
killed before that asks the provider once more, and pays nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import Cost, InputTransform
from vmevalkit.records.job import Job, JobPhase, JobState
from vmevalkit.store.journal import JournalEvent, append_event, read_events

PREPARED = "prepared"
"""Event of a run whose task's pictures had to be changed; it holds the changes."""

_TRANSFORMS = TypeAdapter(tuple[InputTransform, ...])
_PHASES: tuple[JobPhase, ...] = ("submitting", "submitted", "settled")


class JobLog:
    """The job of one run, in its journal; in memory where there is no journal, as when a wrapper is used by itself."""

    def __init__(self, journal: Path | None = None) -> None:
        self._journal = journal
        self._events = read_events(journal) if journal is not None else []

    @property
    def job(self) -> Job | None:
        """The latest job, settled or not; None when none was ever to be submitted."""
        told = [event for event in self._events if event.event in {"submitting", "submitted"}]
        try:
            return Job.model_validate(told[-1].data) if told else None
        except ValidationError:  # not written by this program
            return None

    @property
    def phase(self) -> JobPhase | None:
        """How far the latest job came."""
        last = self._last
        return next((phase for phase in _PHASES if last is not None and last.event == phase), None)

    @property
    def open_job(self) -> Job | None:
        """The job that may still have a video; its `id` is None when the answer to its submit is not known."""
        return self.job if self.phase in {"submitting", "submitted"} else None

    @property
    def state(self) -> JobState | None:
        """How the provider said the latest job ended; None as long as it has not."""
        state: JobState | None = self._end.get("state")  # type: ignore[assignment]
        return state

    @property
    def cost(self) -> Cost | None:
        """What the latest job cost: as told, else its forecast; None where nobody knows, or there is no job."""
        told = self._end.get("cost")
        if told is not None:
            return Cost.model_validate(told)
        return self.job.forecast if self.job is not None else None

    def submitting(self, job: Job) -> None:
        """Write down that the job is about to be submitted, before it is."""
        self._append("submitting", job.model_dump(mode="json"))

    def submitted(self, job: Job) -> None:
        """Write down that the provider has the job, and under which id."""
        self._append("submitted", job.model_dump(mode="json"))

    def turned_away(self) -> None:
        """Write down that the provider did not take the job, so that it costs nothing."""
        self.ended("failed", Cost(amount=0.0, source="free"))
        self.settle()

    def ended(self, state: JobState, cost: Cost | None = None) -> None:
        """Write down how the latest job ended at the provider; `cost` where it is known."""
        self._append("ended", {"state": state, "cost": cost.model_dump(mode="json") if cost else None})

    def settle(self) -> None:
        """Write down that nothing more can come of the latest job; last of all, when the run has its record."""
        self._append("settled", {})

    def cost_beside(self, announced: Cost | None) -> Cost | None:
        """What the run of this journal cost: its job's cost, known or not, or what was announced without a job."""
        return self.cost if self.job is not None else announced

    @property
    def since(self) -> datetime | None:
        """When the latest job came as far as it is."""
        return self._last.at if self._last is not None else None

    @property
    def announced(self) -> JsonObject | None:
        """The run's record as it was announced; None where the journal does not begin with it."""
        first = self._events[0] if self._events else None
        return first.data if first is not None and first.event == "started" else None

    @property
    def prepared(self) -> tuple[InputTransform, ...]:
        """What was changed in the task's pictures when the run was prepared."""
        told = next((event.data for event in self._events if event.event == PREPARED), {})
        return _TRANSFORMS.validate_python(told.get("transforms", ()))

    @property
    def _end(self) -> JsonObject:
        """What was told of the end of the latest job; nothing as long as it has none."""
        for event in reversed(self._events):
            if event.event == "ended":
                return event.data
            if event.event in {"submitting", "submitted"}:
                break
        return {}

    @property
    def _last(self) -> JournalEvent | None:
        return next((event for event in reversed(self._events) if event.event in _PHASES), None)

    def _append(self, event: JobPhase | Literal["ended"], data: JsonObject) -> None:
        self._events.append(append_event(self._journal, event, data))
