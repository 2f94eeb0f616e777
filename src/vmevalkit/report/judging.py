"""Which judge's verdict counts: one judge for each domain, in one version."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from vmevalkit.records.base import Record
from vmevalkit.records.verdict import JudgeIdentity, VerdictRecord
from vmevalkit.report.report_material import RunMaterial


class DomainJudge(Record):
    """The judge of one domain."""

    domain: str
    """The domain."""
    judge: JudgeIdentity | None
    """Whose verdicts count; None where there is no verdict at all."""
    verdicts: int
    """How many there are of it."""
    set_aside: dict[str, int]
    """Verdicts of the same judge in other versions, which do not count, by implementation."""

    @property
    def is_weak(self) -> bool:
        """True when all it goes by is how alike pictures are."""
        return self.judge is not None and self.judge.evidence == "weak"


def holds(record: VerdictRecord, run: RunMaterial) -> bool:
    """True when the verdict is about this run and the video that it has now."""
    return record.subject.matches(run.entry)


def choose_judges(runs: Iterable[RunMaterial]) -> dict[str, DomainJudge]:
    """The judge of each domain that was run, by domain.

    The one with the strongest evidence among those that could tell of any video whether it solved its task; of several
    versions, the one that judged last.
    """
    verdicts: dict[str, list[VerdictRecord]] = defaultdict(list)
    for run in runs:
        verdicts[run.domain].extend(record for record in run.verdicts if holds(record, run))
    return {domain: _choose(domain, records) for domain, records in sorted(verdicts.items())}


def _choose(domain: str, records: Sequence[VerdictRecord]) -> DomainJudge:
    by_name: dict[str, list[VerdictRecord]] = defaultdict(list)
    for record in records:
        by_name[record.judge.name].append(record)
    if not by_name:
        return DomainJudge(domain=domain, judge=None, verdicts=0, set_aside={})
    chosen = by_name[min(by_name, key=lambda name: _rank(by_name[name]))]
    identity = max(chosen, key=lambda record: record.judged_at).judge
    others = Counter(record.judge.implementation for record in chosen if record.judge != identity)
    return DomainJudge(
        domain=domain, judge=identity, verdicts=len(chosen) - others.total(), set_aside=dict(sorted(others.items()))
    )


def _rank(records: Sequence[VerdictRecord]) -> tuple[bool, bool, str]:
    """Judges that gave an answer come first, then those with strong evidence."""
    answered = any(record.verdict.outcome == "answered" for record in records)
    return not answered, records[0].judge.evidence != "strong", records[0].judge.name
