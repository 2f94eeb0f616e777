"""Material for reports, without an output tree behind it unless a test asks for files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.records.evaluation import Subject
from vmevalkit.records.generation import Cost
from vmevalkit.records.run import Inference, Provenance, Run, RunEntry, RunInput, RunOutput
from vmevalkit.records.score import ComparabilityKey, Score, ScoreRecord
from vmevalkit.records.verdict import Check, JudgeIdentity, Verdict, VerdictRecord
from vmevalkit.report.document import Report, compile_report
from vmevalkit.report.gallery import Gallery
from vmevalkit.report.report_material import ModelFacts, ReportMaterial, RunMaterial

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)

MakeRun = Callable[..., RunMaterial]
MakeMaterial = Callable[..., ReportMaterial]


def _verdict(solved: bool, at_fault: str | None, reason: str) -> Verdict:
    if at_fault:
        return Verdict.model_validate({"outcome": "unparsed", "reason": reason, "at_fault": at_fault})
    check = Check(name="goal", passed=solved, reason=reason, frames=(3, 4, 9))
    return Verdict(outcome="answered", solved=solved, score=1.0 if solved else 0.5, reason=reason, checks=(check,))


@pytest.fixture
def make_run() -> MakeRun:
    """Makes one run, judged unless `solved` and `at_fault` are both None."""
    made: list[RunMaterial] = []

    def make(
        model: str = "model-a",
        task: str = "maze_0001",
        *,
        domain: str = "maze",
        status: str = "success",
        solved: bool | None = None,
        at_fault: str | None = None,
        minute: int | None = None,
        identity: str | None = "",
        sample: int = 0,
        seed: int | None = None,
        prompt: str = "Go",
        reason: str = "As seen in frame 3.",
        implementation: str = "maze 1",
        judge: str = "rules",
        judged_video: str | None = None,
        metrics: Sequence[Score] = (),
    ) -> RunMaterial:
        number = len(made)
        run_id = f"run-{number:04d}"
        output = RunOutput(video_path="video/v.mp4", video_bytes=5, video_sha256=f"{number:064d}")
        provenance = Provenance(
            package_version="1",
            catalog_entry_sha256="0",
            model_id=model,
            seed=seed,
            sample=sample,
            first_frame_sha256="0",
        )
        run = Run(
            inference=Inference.model_validate(
                {
                    "run_id": run_id,
                    "model": model,
                    "timestamp": NOON + timedelta(minutes=number if minute is None else minute),
                    "status": status,
                    "error": None if status == "success" else f"it {status}",
                }
            ),
            input=RunInput(
                prompt=prompt, image_path="question/first_frame.png", question_id=task, task_category=domain
            ),
            output=output if status == "success" else RunOutput(),
            identity=run_id if identity == "" else identity,
            provenance=provenance if identity is not None else None,
            cost=Cost(amount=0.5, source="forecast"),
        )
        entry = RunEntry.of(run, f"{model}/{domain}_task/{task}/{run_id}")
        subject = Subject.of(entry)
        if judged_video is not None:
            subject = subject.model_copy(update={"video_sha256": judged_video})
        evidence: Any = "strong" if judge == "rules" else "weak"
        kind: Any = "rules" if judge == "rules" else "pictures"
        record = VerdictRecord(
            subject=subject,
            judge=JudgeIdentity(name=judge, kind=kind, implementation=implementation, evidence=evidence),
            verdict=_verdict(solved is True, at_fault, reason),
            basis=None,
            inputs={},
            judged_at=run.inference.timestamp,
            package_version="1",
        )
        scores = ScoreRecord(
            subject=subject,
            category="no_reference",
            scores=tuple(metrics),
            basis=None,
            scored_at=NOON,
            package_version="1",
        )
        judged = status == "success" and (solved is not None or at_fault is not None)
        material = RunMaterial(entry, run, (record,) if judged else (), (scores,) if metrics else ())
        made.append(material)
        return material

    return make


@pytest.fixture
def make_score() -> Callable[..., Score]:
    """Makes the value of a metric."""

    def make(value: float | None = 1.0, metric: str = "ssim", *, untrained: bool = False, **key: Any) -> Score:
        return Score(
            key=ComparabilityKey.model_validate({"metric": metric, "implementation": "ours 1", **key}),
            value=value,
            unit="",
            direction="higher_is_better",
            scope="run",
            n=3,
            reason=None if value is not None else "nothing to see",
            untrained_weights=untrained,
        )

    return make


@pytest.fixture
def make_material(tmp_path: Path) -> MakeMaterial:
    """Makes the material of a report from runs."""

    def make(runs: Sequence[RunMaterial], *, folders_left_out: int = 0) -> ReportMaterial:
        kinds = {run.entry.model: "control" if run.entry.model.startswith("control-") else "open" for run in runs}
        return ReportMaterial(
            outputs=tmp_path / "outputs",
            evaluations=tmp_path / "evaluations",
            runs=tuple(runs),
            models={model: ModelFacts(kind=kind, description="") for model, kind in kinds.items()},  # type: ignore[arg-type]
            folders_left_out=folders_left_out,
            generate_command="vmevalkit generate --all-tasks",
            judge_command="vmevalkit judge outputs",
            score_command="vmevalkit score outputs",
            check_command="vmevalkit runs check",
        )

    return make


@pytest.fixture
def make_report(make_material: MakeMaterial, tmp_path: Path) -> Callable[..., Report]:
    """Compiles a report from runs."""

    def make(runs: Sequence[RunMaterial], *, title: str = "Title", folders_left_out: int = 0) -> Report:
        material = make_material(runs, folders_left_out=folders_left_out)
        return compile_report(material, Gallery(material.outputs, tmp_path / "pages"), title)

    return make
