"""How every judge that looks at footage proceeds: what cannot be judged gets a verdict that says so."""

from __future__ import annotations

from collections.abc import Callable

from vmevalkit.errors import (
    InsufficientMemoryError,
    MissingImageError,
    TimedOutError,
    UnreadableImageError,
    UnreadableVideoError,
    UnscorableError,
    VmevalkitError,
)
from vmevalkit.judges.base import Judgement
from vmevalkit.judges.footage import Footage, film
from vmevalkit.records.verdict import AtFault, Exhibit, Verdict


def hear(exhibit: Exhibit, decide: Callable[[Footage], Verdict]) -> Judgement:
    """What `decide` says of the footage, or why nothing can be said; raises what a user must mend first."""
    basis = None
    try:
        footage = film(exhibit)
        basis = footage.basis
        return Judgement(decide(footage), basis)
    except UnscorableError as error:
        return Judgement(unscored(error, error.at_fault), basis)
    except UnreadableVideoError as error:
        return Judgement(unscored(error, "video"), basis)
    except (TimedOutError, InsufficientMemoryError) as error:  # limits of this machine, not of the video
        return Judgement(unscored(error, "judge"), basis)
    except (MissingImageError, UnreadableImageError) as error:
        return Judgement(unscored(error, "task"), basis)


def unscored(error: VmevalkitError, at_fault: AtFault) -> Verdict:
    """The verdict that there is none, with the reason: `unparsed` for a video that plays but shows no readable task."""
    looked = isinstance(error, UnscorableError) and at_fault == "video"
    return Verdict(outcome="unparsed" if looked else "failed", reason=str(error), at_fault=at_fault)
