"""Judging the runs of an output tree: what has a verdict that still holds is left alone, the rest is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from vmevalkit import __version__
from vmevalkit.engine.executor import Executor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Ending, Outcome, Unit
from vmevalkit.errors import UnscorableError
from vmevalkit.judges.base import Judgement
from vmevalkit.judges.hearing import unscored
from vmevalkit.records.base import Record
from vmevalkit.records.verdict import JudgeIdentity, VerdictRecord
from vmevalkit.retry import failure_of
from vmevalkit.runner.evaluated_runs import EvaluatedRun, InputName, current_records
from vmevalkit.runner.judges import load_judge
from vmevalkit.runner.verdict_summary import summarise
from vmevalkit.store.evaluations import Evaluations

INPUTS: tuple[InputName, ...] = ("first_frame", "final_frame", "metadata")
"""The files of a task that a judge is given."""


class JudgingItem(Record):
    """One run to be judged by one judge."""

    judge: str
    """The judge's name."""
    run: EvaluatedRun
    """The run."""
    evaluations: Path
    """Root of the evaluations tree."""

    @property
    def identity(self) -> JudgeIdentity | None:
        """Who exactly will judge it; None when the judge has nothing to say about its domain."""
        return load_judge(self.judge).identity(self.run.entry.domain_name)

    def known(self) -> VerdictRecord | None:
        """The verdict there is already, where judge, video and the task's files are the same; else None."""
        known = Evaluations(self.evaluations).read(self.judge, self.run.entry.folder, VerdictRecord)
        if known is None or known.judge != self.identity or known.subject != self.run.subject():
            return None
        return known if known.inputs == self.run.input_hashes(INPUTS) else None


@dataclass
class Judging:
    """Judges × runs."""

    judges: Sequence[str]
    """Names of the judges, in order."""
    runs: Sequence[EvaluatedRun]
    """The runs, in order."""
    outputs: Path
    """Root of the output tree."""
    evaluations: Path
    """Root of the evaluations tree."""
    force: bool = False
    """Judge again even what has a verdict that holds."""
    records: list[VerdictRecord] = field(default_factory=list)
    """The verdicts so far: those that were there, and those that were given."""

    def __iter__(self) -> Iterator[Unit[JudgingItem]]:
        """Every item, one run after the other.

        Left out are runs that failed, and domains about which a judge has nothing to say.
        """
        for run in filter(_has_video, self.runs):
            for judge in self.judges:
                item = JudgingItem(judge=judge, run=run, evaluations=self.evaluations)
                if item.identity is not None:
                    yield Unit(f"{judge} {run.key}", run.entry.model, item)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def of(self, judge: str) -> list[VerdictRecord]:
        """The verdicts so far of one judge."""
        return [record for record in self.records if record.judge.name == judge]

    def without_judge(self, judge: str) -> Counter[str]:
        """How many runs the judge has nothing to say about, by domain."""
        domains = Counter(run.entry.domain_name for run in self.runs if _has_video(run))
        return Counter({name: count for name, count in domains.items() if load_judge(judge).identity(name) is None})

    def is_settled(self, unit: Unit[JudgingItem]) -> bool:
        """True when there is a verdict that holds; keeps it.

        A run that could not be judged for a reason that is not its video's is looked at again: it may be mended.
        """
        known = None if self.force else unit.payload.known()
        if known is None or known.verdict.at_fault in {"task", "judge"}:
            return False
        self.records.append(known)
        return True


def run_judging(
    judging: Judging,
    executor: Executor,
    *,
    on_outcome: Callable[[Outcome[VerdictRecord]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How judging went; each verdict is kept by itself, then a summary of all there are.

    A run without a verdict through no fault of its video counts as failed.
    """

    def keep(outcome: Outcome[VerdictRecord]) -> None:
        if outcome.value is not None:
            judging.records.append(outcome.value)
        if on_outcome is not None:
            on_outcome(outcome)

    summary = sweep(
        judging,
        perform,
        executor=executor,
        is_done=judging.is_settled,
        outcome_of=_ending,
        on_outcome=keep,
        progress=progress,
        noun="verdicts",
    )
    for judge in judging.judges:
        evaluations = Evaluations(judging.evaluations)
        records = list(current_records(judging.outputs, evaluations, judge, VerdictRecord))
        evaluations.write_summary(judge, summarise(judge, records))
    return summary


def perform(item: JudgingItem) -> VerdictRecord:
    """Judge one run and keep the verdict."""
    identity, judge = item.identity, load_judge(item.judge)
    if identity is None:
        raise ValueError(f"expected a domain that {item.judge} judges")
    try:
        judgement = judge.judge(item.run.exhibit())
    except UnscorableError as error:
        judgement = Judgement(unscored(error, error.at_fault), None)
    record = VerdictRecord(
        subject=item.run.subject(),
        judge=identity,
        verdict=judgement.verdict,
        basis=judgement.basis,
        inputs=item.run.input_hashes(INPUTS),
        judged_at=datetime.now(timezone.utc),
        package_version=__version__,
    )
    Evaluations(item.evaluations).write(item.judge, item.run.entry.folder, record)
    return record


def _has_video(run: EvaluatedRun) -> bool:
    return EvaluatedRun.is_possible(run.entry)


def _ending(record: VerdictRecord) -> Ending:
    """A video that cannot be judged is a finding about its model; anything else is work left undone."""
    if record.verdict.at_fault in {None, "video"}:
        return Ending("done")
    fault = UnscorableError(record.verdict.reason, at_fault=record.verdict.at_fault)
    return Ending("failed", failure_of(fault))
