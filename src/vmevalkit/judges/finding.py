"""What was found in a video, and how that becomes a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from vmevalkit.records.verdict import Check, Verdict


@dataclass(frozen=True)
class Finding:
    """What a verifier saw."""

    progress: float
    """How much of the solution is there at the end, 0 to 1; 0 where nothing was done."""
    checks: tuple[Check, ...]
    """First of all whether the solution is there; then the rules of the task, each kept or broken. At least one."""

    def __post_init__(self) -> None:
        if not self.checks:
            raise ValueError("expected at least one check")

    def verdict(self) -> Verdict:
        """Solved when every check passed; else the progress, halved with every broken rule."""
        solution, *rules = self.checks
        broken = [rule for rule in rules if not rule.passed]
        if solution.passed and not broken:
            return Verdict(outcome="answered", solved=True, score=1.0, reason=solution.reason, checks=self.checks)
        score = min(0.99, round(self.progress / 2 ** len(broken), 3))
        decisive = broken[0] if solution.passed else solution
        return Verdict(outcome="answered", solved=False, score=score, reason=decisive.reason, checks=self.checks)
