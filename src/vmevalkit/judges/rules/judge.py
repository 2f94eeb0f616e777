"""The rules judge: one verifier per domain, behind the face of every judge."""

from __future__ import annotations

import cv2

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.base import Judgement
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.hearing import hear, unscored
from vmevalkit.judges.rules.base import Verifier, unfit
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Exhibit, JudgeIdentity, Verdict
from vmevalkit.registry import Registry


class RulesJudge:
    """Looks only at the generated video, the first frame it was to start from, and the task's metadata."""

    name = "rules"

    def __init__(self, verifiers: Registry[Verifier]) -> None:
        self._verifiers = verifiers

    def identity(self, domain: str) -> JudgeIdentity | None:
        """Who judges tasks of this domain; None for a domain without a verifier."""
        if domain not in self._verifiers:
            return None
        implementation = f"{domain} {self._verifiers.get(domain).version}"
        return JudgeIdentity(name=self.name, kind="rules", implementation=implementation, evidence="strong")

    def judge(self, exhibit: Exhibit) -> Judgement:
        """The verdict on a run, or why there is none."""
        verifier, metadata = self._verifiers.get(exhibit.domain), exhibit.metadata
        if metadata is None:
            return Judgement(unscored(_no_metadata(), "task"), None)
        return hear(exhibit, lambda footage: _decide(verifier, footage, metadata))


def _decide(verifier: Verifier, footage: Footage, metadata: JsonObject) -> Verdict:
    """What the verifier says; metadata with numbers that it cannot work with is no reason to crash."""
    try:
        return verifier.verify(footage, metadata).verdict()
    except UnscorableError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, cv2.error) as error:
        raise unfit(f"The verifier failed on this task's metadata: {type(error).__name__}: {error}") from error


def _no_metadata() -> UnscorableError:
    return UnscorableError(
        "The task has no question_metadata.json",
        expected="one with the solution and where it is to be seen",
        next_step="Judge by the final frame instead: --judge goal_frame",
        at_fault="task",
    )
