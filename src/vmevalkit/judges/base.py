"""What a judge is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from vmevalkit.records.evaluation import FrameBasis
from vmevalkit.records.verdict import Exhibit, JudgeIdentity, Verdict


class Judgement(NamedTuple):
    """What a judge says of one run."""

    verdict: Verdict
    """The verdict, or why there is none."""
    basis: FrameBasis | None
    """The frames it looked at; None where it could look at none."""


class Judge(Protocol):
    """Something that gives a verdict on a run."""

    name: str
    """The name it is asked for by."""

    def identity(self, domain: str) -> JudgeIdentity | None:
        """Who judges tasks of this domain; None where this judge has nothing to say about them."""

    def judge(self, exhibit: Exhibit) -> Judgement:
        """The verdict on a run; a run that cannot be judged has a verdict that says so, and why.

        Raises only what a user must mend first, such as MissingExtraError.
        """
