"""What a report is made of: the runs of an output tree, with the verdicts and scores they were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vmevalkit.records.model import Kind
from vmevalkit.records.run import Run, RunEntry
from vmevalkit.records.score import ScoreRecord
from vmevalkit.records.verdict import VerdictRecord


@dataclass(frozen=True)
class RunMaterial:
    """One run, and what was said of it."""

    entry: RunEntry
    """Its heading."""
    run: Run
    """Its whole record."""
    verdicts: tuple[VerdictRecord, ...]
    """Verdicts of every judge, strongest evidence first; of this video or of an earlier one."""
    scores: tuple[ScoreRecord, ...]
    """Scores of every category; of this video or of an earlier one."""

    @property
    def domain(self) -> str:
        """The task's domain, `unknown` where the run does not say."""
        return self.entry.domain_name

    @property
    def task_id(self) -> str:
        """The task's id; the run's own where it does not say, so that strangers are not taken for one task."""
        return self.entry.task_id or self.entry.run_id

    @property
    def seed(self) -> int | None:
        """Seed of the generation, where one was asked for."""
        return self.run.provenance.seed if self.run.provenance else None

    @property
    def sample(self) -> int | None:
        """Which repeat of the request it is, from 0; None for runs of other tools."""
        return self.run.provenance.sample if self.run.provenance else None


@dataclass(frozen=True)
class ModelFacts:
    """What the catalog says of a model."""

    kind: Kind | None
    """None for a model that is not in the catalog."""
    description: str
    """One line; empty where unknown."""


@dataclass(frozen=True)
class ReportMaterial:
    """Everything a report is made of."""

    outputs: Path
    """Root of the output tree."""
    runs: tuple[RunMaterial, ...]
    """Its runs, ordered by folder."""
    models: Mapping[str, ModelFacts]
    """What is known of each model that was run."""
    folders_left_out: int
    """Folders at the place of a run that are none: half-written, damaged or foreign."""
    evaluations: Path
    """Root of the evaluations tree."""
    generate_command: str
    """The command that runs the controls on every task."""
    judge_command: str
    """The command that makes the missing verdicts."""
    score_command: str
    """The command that makes the missing scores."""
    check_command: str
    """The command that names the folders left out."""
    untrained: Mapping[str, int] = field(default_factory=dict)
    """Runs that were left out because the model's weights were random, by model."""
