"""The units that a board counts: one for each request to a model, whatever it took to answer it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

from vmevalkit.records.base import Moment, Record
from vmevalkit.records.generation import Cost, RunStatus
from vmevalkit.records.run import RunEntry
from vmevalkit.records.score import Score
from vmevalkit.records.verdict import Evidence, JudgeIdentity, Verdict, VerdictRecord
from vmevalkit.report.judging import DomainJudge, holds
from vmevalkit.report.report_material import RunMaterial

Standing = Literal["solved", "not_solved", "unreadable", "failed", "refused", "unjudged", "unscored", "unfinished"]
"""What a unit counts as. `unreadable`: the video's own fault kept the judge from reading it. `unjudged`: there is a
video, and the domain's judge has not judged it yet. `unscored`: the task or the judge kept it from being judged.
`unfinished`: interrupted, or a paid request whose answer was lost."""

COUNTED: tuple[Standing, ...] = ("solved", "not_solved", "unreadable", "failed", "refused")
"""The standings that are in the denominator."""

Request = tuple[object, ...]


class Unit(Record):
    """One request to a model, and what came of it: model, task, sample and seed."""

    model: str
    """Catalog key of the model."""
    domain: str
    """The task's domain."""
    task_id: str
    """The task's id."""
    sample: int | None
    """Which repeat of the same request it is, from 0; None for runs of other tools."""
    seed: int | None
    """Seed of the generation, where one was asked for."""
    run_id: str
    """The run that counts: of equal requests, the latest success, else the latest failure."""
    folder: str
    """Its folder, relative to the output root."""
    other_runs: int
    """Runs that this one takes the place of: earlier tries, and requests with another prompt or other parameters."""
    status: RunStatus
    """How the run ended."""
    standing: Standing
    """What it counts as."""
    credit: float | None
    """Partial credit, 0 to 1; 0 where nothing usable was delivered; None where it is not counted."""
    reason: str
    """Why it stands so, in a sentence."""
    judge: JudgeIdentity | None
    """Whose verdict it is; None without one."""
    verdict: Verdict | None
    """The verdict that counts; None without one."""
    started: Moment
    """When the run started."""
    seconds: float | None
    """Time the generation took."""
    cost: Cost | None
    """What it cost; None where unknown."""
    package_version: str | None
    """Version of vmevalkit that made it; None for runs of other tools."""
    prompt: str
    """The prompt as sent."""
    fps: float | None
    """Frames per second of the video; None where it is unknown, or where frames are unevenly spaced."""
    video: str | None
    """The video, relative to the report's folder; None where there is none."""
    no_video: str | None
    """Why there is no video in the report."""
    scores: tuple[Score, ...]
    """Scores of this very video."""

    @property
    def is_counted(self) -> bool:
        """True when it is in the denominator."""
        return self.standing in COUNTED

    @property
    def task(self) -> tuple[str, str]:
        """Domain and id of the task."""
        return self.domain, self.task_id

    @property
    def evidence(self) -> Evidence | None:
        """How much the verdict is worth."""
        return self.judge.evidence if self.judge else None


class Ruling(Record):
    """What a run counts as, and why."""

    standing: Standing
    """What it counts as."""
    reason: str
    """Why."""
    credit: float | None = None
    """Partial credit."""
    record: VerdictRecord | None = None
    """The verdict it rests on."""


def runs_that_count(runs: Sequence[RunMaterial]) -> list[tuple[RunMaterial, int]]:
    """The run that counts for each request, and how many others it takes the place of, in order of their folders.

    Among requests for the same sample with unlike prompts or parameters, the one that was made last counts.
    """
    requests: dict[Request, list[RunMaterial]] = defaultdict(list)
    for run in runs:
        requests[_request(run)].append(run)
    chosen = [(_run_that_counts(group), len(group) - 1) for group in requests.values()]
    return sorted(chosen, key=lambda pair: pair[0].entry.folder)


def _request(run: RunMaterial) -> Request:
    if run.entry.identity is None or run.sample is None:
        return (run.entry.folder,)
    return run.entry.model, run.domain, run.task_id, run.sample, run.seed


def _run_that_counts(group: Sequence[RunMaterial]) -> RunMaterial:
    newest = max(group, key=_moment)
    alike = [run for run in group if run.entry.identity == newest.entry.identity]
    return max(alike, key=lambda run: (_finality(run.entry), *_moment(run)))


def _finality(entry: RunEntry) -> int:
    return {"success": 2, "failed": 1, "refused": 1}.get(entry.status, 0)


def _moment(run: RunMaterial) -> tuple[float, str]:
    return run.entry.timestamp.timestamp(), run.entry.folder


def rule(run: RunMaterial, judge: DomainJudge, judge_command: str) -> Ruling:
    """What a run counts as under the judge of its domain."""
    entry = run.entry
    if entry.status in {"failed", "refused"}:
        standing: Standing = "failed" if entry.status == "failed" else "refused"
        return Ruling(standing=standing, reason=entry.error or f"The run {entry.status}", credit=0.0)
    if entry.status != "success":
        return Ruling(standing="unfinished", reason=entry.error or f"The run's status is {entry.status}")
    if entry.video_path is None:
        return Ruling(standing="unscored", reason="The run recorded no video that could be judged")
    return _ruling_by(judge, run, judge_command)


def _ruling_by(judge: DomainJudge, run: RunMaterial, judge_command: str) -> Ruling:
    name = judge.judge.name if judge.judge else ""
    given = [record for record in run.verdicts if record.judge.name == name] or list(run.verdicts)
    if not given:
        return Ruling(standing="unjudged", reason=f"Not judged yet; run: {judge_command}")
    record = given[0]
    if not holds(record, run):
        return Ruling(
            standing="unjudged", reason=f"The verdict is about an earlier video; judge again with: {judge_command}"
        )
    if record.judge != judge.judge:
        return Ruling(standing="unjudged", reason=_unlike(record, judge, judge_command))
    return _ruling_of(record)


def _ruling_of(record: VerdictRecord) -> Ruling:
    verdict = record.verdict
    if verdict.outcome == "answered":
        standing: Standing = "solved" if verdict.solved else "not_solved"
        return Ruling(standing=standing, reason=verdict.reason, credit=verdict.score, record=record)
    if verdict.at_fault == "video":
        return Ruling(standing="unreadable", reason=verdict.reason, credit=0.0, record=record)
    return Ruling(standing="unscored", reason=verdict.reason, record=record)


def _unlike(record: VerdictRecord, judge: DomainJudge, judge_command: str) -> str:
    wanted = judge.judge.implementation if judge.judge else "no judge"
    return (
        f"Judged by {record.judge.implementation}, while this domain's verdicts are by {wanted}; judge again with: "
        f"{judge_command}"
    )


def unit_of(run: RunMaterial, other_runs: int, ruling: Ruling, video: str | None, no_video: str | None) -> Unit:
    """The unit that a run stands for."""
    entry, record, provenance = run.entry, ruling.record, run.run.provenance
    info = run.run.output.video
    current = [scores for scores in run.scores if scores.subject.matches(entry)]
    return Unit(
        model=entry.model,
        domain=run.domain,
        task_id=run.task_id,
        sample=run.sample,
        seed=run.seed,
        run_id=entry.run_id,
        folder=entry.folder,
        other_runs=other_runs,
        status=entry.status,
        standing=ruling.standing,
        credit=ruling.credit,
        reason=ruling.reason,
        judge=record.judge if record else None,
        verdict=record.verdict if record else None,
        started=entry.timestamp,
        seconds=entry.duration_seconds,
        cost=run.run.cost,
        package_version=provenance.package_version if provenance else None,
        prompt=run.run.input.prompt,
        fps=info.fps if info and not info.variable_frame_rate else None,
        video=video,
        no_video=no_video,
        scores=tuple(score for scores in current for score in scores.scores),
    )


def by_task(units: Sequence[Unit]) -> Mapping[tuple[str, str], list[Unit]]:
    """The units of each task, in order."""
    tasks: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        tasks[unit.task].append(unit)
    return tasks
