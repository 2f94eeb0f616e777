"""What a verifier is, and what it reads of a task's metadata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.records.base import JsonObject, first_fault


class Details(BaseModel):
    """The part of a task's `details` that a verifier reads; what else is there is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


K = TypeVar("K", bound=Details)


def read_details(kind: type[K], metadata: JsonObject) -> K:
    """What the verifier needs of a task's metadata; raises UnscorableError, `at_fault` the task, where it lacks."""
    try:
        return kind.model_validate(metadata.get("details"))
    except ValidationError as error:
        given = f"The task's question_metadata.json lacks what its verifier needs: details.{first_fault(error)}"
        raise unfit(given) from error


def unfit(given: str, expected: str = "the metadata that `vmevalkit tasks create` writes") -> UnscorableError:
    """The error for a task that its verifier cannot work with."""
    return UnscorableError(
        given,
        expected=expected,
        next_step="Create the task again, or judge by its final frame: --judge goal_frame",
        at_fault="task",
    )


@dataclass(frozen=True)
class Verifier:
    """Reads one domain's puzzle from footage and says whether it was solved by legal steps."""

    version: int
    """Raised whenever equal videos may get another verdict than before."""
    verify: Callable[[Footage, JsonObject], Finding]
    """What is to be seen, given the footage and the task's metadata; raises UnscorableError where it cannot be read."""


def at(numbers: Sequence[int]) -> str:
    """`frame 7`, or `frames 7 to 12`, for the reasons of checks: one frame, or the first and last of a span."""
    return f"frame {numbers[0]}" if len(numbers) == 1 else f"frames {numbers[0]} to {numbers[-1]}"


def scattered(numbers: Sequence[int]) -> str:
    """`frame 7`, `frames 5 and 79`, or `20 frames between 5 and 79`, for frames that need not follow each other."""
    if len(numbers) == 2:
        return f"frames {numbers[0]} and {numbers[1]}"
    if len(numbers) < 2 or numbers[-1] - numbers[0] + 1 == len(numbers):
        return at(numbers)
    return f"{len(numbers)} frames between {numbers[0]} and {numbers[-1]}"


def lasting(numbers: Sequence[int], flags: Sequence[bool]) -> list[int]:
    """The numbers of the frames in which something is so, and was or will be so in the frame next to it."""
    padded = [False, *flags, False]
    return [
        number
        for number, before, now, after in zip(numbers, padded, padded[1:], padded[2:], strict=False)
        if now and (before or after)
    ]
