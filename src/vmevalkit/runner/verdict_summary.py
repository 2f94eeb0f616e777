"""Verdicts counted by model and domain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean

from vmevalkit import __version__
from vmevalkit.records.verdict import JudgeSummary, VerdictRecord, VerdictTally


def summarise(judge: str, records: Sequence[VerdictRecord]) -> JudgeSummary:
    """The summary of one judge's verdicts, by model and domain in order of their names."""
    cells: dict[tuple[str, str], list[VerdictRecord]] = defaultdict(list)
    for record in records:
        cells[record.subject.model, record.subject.domain or "unknown"].append(record)
    return JudgeSummary(
        judge=judge,
        evidence=records[0].judge.evidence if records else None,
        package_version=__version__,
        tallies=tuple(_tally(model, domain, cells[model, domain]) for model, domain in sorted(cells)),
    )


def _tally(model: str, domain: str, records: Sequence[VerdictRecord]) -> VerdictTally:
    verdicts = [record.verdict for record in records]
    scores = [verdict.score for verdict in verdicts if verdict.score is not None]
    return VerdictTally(
        model=model,
        domain=domain,
        videos=len(verdicts),
        solved=sum(verdict.solved is True for verdict in verdicts),
        unscored=len(verdicts) - len(scores),
        mean_score=fmean(scores) if scores else None,
        broken=dict(Counter(check.name for verdict in verdicts for check in verdict.checks if not check.passed)),
    )
