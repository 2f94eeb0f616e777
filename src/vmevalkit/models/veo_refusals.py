"""What Google says when it makes no video, in our words: errors of its APIs, failed operations, filtered videos."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from vmevalkit.errors import (
    AuthenticationError,
    ContentRefusedError,
    JobFailedError,
    ModelGoneError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestRejectedError,
)
from vmevalkit.models.api import without_video
from vmevalkit.records.generation import Cost
from vmevalkit.records.job import JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal

_SUPPORT_CODES = {
    "children": (58061214, 17301594),
    "celebrities": (29310472, 15236754),
    "safety of the video": (64151117, 42237218),
    "dangerous content": (62263041,),
    "hate": (57734940, 22137204),
    "content of third parties": (35561574, 35561575),
    "sexual content": (90789179, 43188360),
    "toxic language": (78610348,),
    "violence": (61493863, 56562880),
    "vulgar language": (32635315,),
    "prohibited content": (89371032, 49114662, 63429089, 72817394, 60599140),
    "other reasons of safety": (74803281, 29578790, 42876398),
}
_REASONS = {str(code): reason for reason, codes in _SUPPORT_CODES.items() for code in codes}
_CODE = re.compile(r"\b\d{8}\b")
_MODERATION_WORDS = ("support code", "usage guideline", "responsible ai", "safety filter", "prohibited use")
_UNCHARGED_WORDS = ("not been charged", "not charged", "issue with the audio")

_KEY_WORDS = ("api key not valid", "api key expired", "api_key_invalid")
# The message of a passing rate limit mentions billing too, so these are longer.
_MONEY_WORDS = (
    "prepayment credits", "spending cap", "spend cap", "spending limit", "spend limit", "enable billing",
    "billing to be enabled", "billing_disabled", "limit: 0,",
)  # fmt: skip
_CANCELLED = 1
_OPERATION_KINDS: dict[int, type[ProviderError]] = {3: RequestRejectedError, 5: ModelGoneError}
"""By gRPC code, where it is more than a failure."""


def google_error(provider: str, reply: Reply) -> ProviderError:
    """The error that an answer which is no success stands for."""
    said = reply.text_at("error", "message") or reply.text_at(0, "error", "message") or reply.text
    error = refusal(_kind(reply, said), provider, explained(said), reply)
    if isinstance(error, RateLimitedError):
        error.retry_after = _retry_delay(reply)
    return error


def failed_operation(provider: str, reply: Reply) -> JobStatus:
    """How a job stands whose operation ended with an error."""
    said = reply.text_at("error", "message") or "the operation failed"
    code = reply.at("error", "code")
    if _is_moderation(said):
        return refused(provider, reply, [said])
    kind = _OPERATION_KINDS.get(code, JobFailedError) if isinstance(code, int) else JobFailedError
    state: JobState = "cancelled" if code == _CANCELLED else "failed"
    return without_video(provider, kind, said, reply, state=state)


def refused(provider: str, reply: Reply, reasons: Sequence[object]) -> JobStatus:
    """How a job stands whose video was held back for these reasons; one held back for its sound is not charged."""
    said = " ".join(map(str, reasons)) or "the video was filtered out, and no reason was given"
    cost = Cost(amount=0.0, source="free") if mentions(said, _UNCHARGED_WORDS) else None
    return without_video(provider, ContentRefusedError, explained(said), reply, cost=cost)


def explained(said: str) -> str:
    """What was said, behind the meaning of the support codes in it."""
    reasons = dict.fromkeys(_REASONS[code] for code in _CODE.findall(said) if code in _REASONS)
    return f"refused because of {', '.join(reasons)}: {said}" if reasons else said


def _is_moderation(said: str) -> bool:
    return mentions(said, _MODERATION_WORDS) or mentions(said, _UNCHARGED_WORDS) or explained(said) != said


def _kind(reply: Reply, said: str) -> type[ProviderError]:
    if reply.status >= 500:
        return kind_by_status(reply.status)
    causes = " ".join((said, *_texts(reply, "reason")))
    if mentions(causes, _KEY_WORDS):
        return AuthenticationError
    if mentions(causes, _MONEY_WORDS) or any("PerDay" in quota for quota in _quotas(reply)):
        return QuotaExhaustedError
    return ContentRefusedError if _is_moderation(said) else kind_by_status(reply.status)


def _retry_delay(reply: Reply) -> float | None:
    """The wait, in seconds, that the details of a refusal ask for, as in `"retryDelay": "23s"`."""
    for told in _texts(reply, "retryDelay"):
        if re.fullmatch(r"\d+(\.\d+)?s", told):
            return float(told[:-1])
    return None


def _quotas(reply: Reply) -> Iterator[str]:
    for detail in _details(reply):
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else []:
            if isinstance(violation, dict):
                yield str(violation.get("quotaId"))


def _texts(reply: Reply, name: str) -> Iterator[str]:
    return (detail[name] for detail in _details(reply) if isinstance(detail.get(name), str))


def _details(reply: Reply) -> Iterator[dict[str, Any]]:
    details = reply.at("error", "details")
    return (detail for detail in (details if isinstance(details, list) else []) if isinstance(detail, dict))
