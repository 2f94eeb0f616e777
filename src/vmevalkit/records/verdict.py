"""Verdicts: what a judge says of a run, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.records.base import JsonObject, Moment, Record
from vmevalkit.records.evaluation import EVALUATION_SCHEMA_VERSION, FrameBasis, Subject

VerdictOutcome = Literal["answered", "refused", "failed", "unparsed"]
"""`answered`: there is a verdict. `refused`: the judge would not look. `failed`: it could not look, as with a damaged
file. `unparsed`: it looked and could not read what it saw, or its reply could not be read. Only the first is scored."""

AtFault = Literal["video", "task", "judge"]
"""Why there is no verdict. `video`: the model delivered something that cannot be judged, which counts against it.
`task` or `judge`: not the model's doing."""

Evidence = Literal["strong", "weak"]
"""`strong`: the solution and the way to it were checked. `weak`: only how alike pictures are."""


class Exhibit(Record):
    """What a judge is given."""

    domain: str
    """The task's domain."""
    task_id: str
    """The task's id."""
    prompt: str
    """What the model was asked to do."""
    video: Path
    """The generated video."""
    first_frame: Path
    """The picture the video was to start from."""
    final_frame: Path | None
    """The solved state, where the task has one."""
    metadata: JsonObject | None
    """The task's own metadata; None where it has none."""


class Check(Record):
    """One thing a judge looked for."""

    name: str
    """What it is, in a word or two, such as `walls`."""
    passed: bool
    """Whether it is as it should be."""
    reason: str
    """What was seen, in a sentence a person can check, with frame numbers."""
    frames: tuple[int, ...] = ()
    """Numbers of the frames that show it, from 0."""


class Verdict(Record):
    """What a judge says of one run."""

    outcome: VerdictOutcome
    """Whether there is a verdict, and if not, why."""
    solved: bool | None = None
    """True when the task was solved as asked; None without a verdict."""
    score: float | None = Field(default=None, ge=0, le=1)
    """Partial credit, 0 to 1; 1 exactly when solved; None without a verdict."""
    reason: str
    """The whole verdict in a sentence."""
    checks: tuple[Check, ...] = ()
    """What was looked for, in the order in which it matters."""
    at_fault: AtFault | None = None
    """Why there is no verdict; None where there is one."""

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        answered = self.outcome == "answered"
        if answered != (self.solved is not None) or answered != (self.score is not None):
            raise ValueError("expected `solved` and a score exactly when the outcome is `answered`")
        if answered == (self.at_fault is not None):
            raise ValueError("expected `at_fault` exactly when the outcome is not `answered`")
        if answered and self.solved != (self.score == 1):
            raise ValueError("expected a score of 1 exactly when the task was solved")
        return self


class JudgeIdentity(Record):
    """Which judge it was. Verdicts of unlike identities are not put in one column."""

    name: str
    """The name it is asked for by, such as `rules`."""
    kind: Literal["rules", "pictures", "vlm", "person"]
    """What it goes by."""
    implementation: str
    """What decided, with its version, such as `maze 1`."""
    evidence: Evidence
    """How much its verdict is worth."""


class VerdictRecord(Record):
    """A verdict and how it came to be: `evaluations/{judge}/{run folder}.json`."""

    schema_version: int = EVALUATION_SCHEMA_VERSION
    """Version of this layout."""
    subject: Subject
    """The run."""
    judge: JudgeIdentity
    """Who judged."""
    verdict: Verdict
    """What it said."""
    basis: FrameBasis | None
    """The frames it looked at; None where it could look at none."""
    inputs: dict[str, str | None] = Field(default_factory=dict)
    """Hash of each file of the task that it may rest on; None for one that is not there."""
    judged_at: Moment
    """When."""
    package_version: str
    """Version of vmevalkit."""


class VerdictTally(Record):
    """The verdicts of one judge on the runs of one model in one domain."""

    model: str
    """Catalog key."""
    domain: str
    """The domain."""
    videos: int
    """Videos that were looked at; runs that failed have none."""
    solved: int
    """Those that show the task solved."""
    unscored: int
    """Those without a verdict."""
    mean_score: float | None
    """Mean partial credit of the others, 0 to 1; None where there are none."""
    broken: dict[str, int]
    """How many of them did not pass a check, by the check's name."""


class JudgeSummary(Record):
    """What the verdicts of one judge amount to: `evaluations/{judge}/summary.json`. Derived from the records."""

    schema_version: int = EVALUATION_SCHEMA_VERSION
    """Version of this layout."""
    judge: str
    """The judge's name."""
    evidence: Evidence | None
    """How much its verdicts are worth; None where there are none."""
    package_version: str
    """Version of vmevalkit."""
    tallies: tuple[VerdictTally, ...]
    """One for each model and domain."""
