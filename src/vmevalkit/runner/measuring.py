"""Measuring one run: its video is watched once, for all metrics asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vmevalkit.errors import (
    InsufficientMemoryError,
    MissingExtraError,
    TimedOutError,
    TooFewSamplesError,
    UnscorableError,
    VmevalkitError,
)
from vmevalkit.features.material import Material, Pairing
from vmevalkit.features.watching import UNREADABLE, Watching, in_short
from vmevalkit.metrics.base import Measurement, Metric
from vmevalkit.records.base import JsonObject
from vmevalkit.records.evaluation import FrameBasis
from vmevalkit.records.score import ComparabilityKey, Score
from vmevalkit.runner.evaluated_runs import EvaluatedRun

NOT_AVAILABLE = "not available"
"""Stands for the implementation of a metric that could not be tried here; it is looked at again once it can be."""

LIMITS = (TimedOutError, InsufficientMemoryError)
"""What a machine with more time or memory may not raise."""
_NOT_TO_BE_HAD = (UnscorableError, TooFewSamplesError, MissingExtraError, *LIMITS)


@dataclass
class Findings:
    """What came of watching a video."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    """What metrics say, by their names."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why the others say nothing."""
    pairing: Pairing | None = None
    """How the video goes with its reference; None without one."""
    basis: FrameBasis | None = None
    """The frames watched; None where they could not be read to the end."""
    beyond_limits: set[str] = field(default_factory=set)
    """Names of metrics that took more time or memory than is allowed here; they are tried again."""
    changed: bool = False
    """True when the video is not the one that was recorded."""

    def give_up(self, metric: Metric, error: VmevalkitError) -> None:
        """Take down why a metric says nothing."""
        self.reasons[metric.name] = str(error)
        if isinstance(error, LIMITS):
            self.beyond_limits.add(metric.name)


def measure(run: EvaluatedRun, metrics: Sequence[type[Metric]]) -> Findings:
    """What the metrics say of a run; raises nothing for whatever is wrong with its video or its task."""
    findings = Findings()
    try:
        _measure(run, [metric() for metric in metrics], findings)
    except UnscorableError as error:  # before anything was watched
        findings.changed = True
        findings.reasons = dict.fromkeys((metric.name for metric in metrics), str(error))
    except UNREADABLE as error:
        findings.measured.clear()
        reason = f"The video cannot be read: {in_short(error)}"
        findings.reasons = dict.fromkeys((metric.name for metric in metrics), reason)
        if isinstance(error, LIMITS):
            findings.beyond_limits.update(findings.reasons)
    return findings


def score_of(metric: type[Metric], findings: Findings, inputs: JsonObject) -> Score:
    """What a metric says, with all that makes it comparable; `inputs` are the hashes of what it was compared with."""
    found, pairing = findings.measured.get(metric.name), None
    if metric.category == "full_reference":
        pairing = findings.pairing
    key = ComparabilityKey(
        metric=metric.name,
        implementation=NOT_AVAILABLE if metric.name in findings.beyond_limits else implementation_of(metric),
        backbone=metric.backbone,
        resize=pairing.resize if pairing else metric.resize,
        frames=metric.frames,
        fps=pairing.fps if pairing else "native",
        decoder=metric.decoder,
    )
    facts = pairing.facts if pairing else {}
    return Score(
        key=key,
        value=found.value if found else None,
        unit=metric.unit,
        direction=metric.direction,
        scope="run" if metric.category == "no_reference" else "pair",
        n=found.n if found else 0,
        reason=None if found else findings.reasons[metric.name],
        details={**(found.details if found else {}), **facts, "inputs": inputs},
    )


def implementation_of(metric: type[Metric]) -> str:
    """What computes a metric here; `NOT_AVAILABLE` where something has to be installed first."""
    try:
        return metric.implementation()
    except MissingExtraError:
        return NOT_AVAILABLE


def inputs_of(run: EvaluatedRun, metric: type[Metric]) -> JsonObject:
    """The hash of each file of the task that a metric compares with; None for one that is not there."""
    return dict(run.input_hashes(metric.compares_with))


def _measure(run: EvaluatedRun, metrics: Sequence[Metric], findings: Findings) -> None:
    run.check_video()
    compared = any(metric.category == "full_reference" for metric in metrics)
    watching = Watching(Material(run.video, run.first_frame, run.final_frame, run.ground_truth if compared else None))
    if isinstance(watching.pairing, Pairing):
        findings.pairing = watching.pairing
    live = [metric for metric in metrics if _is_possible(metric, watching, findings)]
    if live:
        _watch(watching, live, findings)


def _is_possible(metric: Metric, watching: Watching, findings: Findings) -> bool:
    """Whether there is any point in watching for a metric; says why not."""
    if metric.category == "full_reference" and isinstance(watching.pairing, UnscorableError):
        findings.reasons[metric.name] = str(watching.pairing)
    elif implementation_of(type(metric)) == NOT_AVAILABLE:
        findings.reasons[metric.name] = "What it needs is not installed"
    return metric.name not in findings.reasons


def _watch(watching: Watching, metrics: Sequence[Metric], findings: Findings) -> None:
    for frame in watching.frames():
        for metric in metrics:
            if metric.name not in findings.reasons:
                try:
                    metric.update(frame)
                except _NOT_TO_BE_HAD as error:
                    findings.give_up(metric, error)
    for metric in metrics:
        if metric.name not in findings.reasons:
            try:
                findings.measured[metric.name] = metric.compute()
            except _NOT_TO_BE_HAD as error:
                findings.give_up(metric, error)
    findings.basis = watching.basis
