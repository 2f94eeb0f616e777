"""Turning what a provider said into one of our errors, worded the same for all of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from vmevalkit.errors import (
    AuthenticationError,
    ContentRefusedError,
    JobFailedError,
    ModelGoneError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedReplyError,
)
from vmevalkit.remote.call import Reply
from vmevalkit.remote.redaction import without_queries

_LONGEST_QUOTE = 500

_NEXT_STEPS: dict[type[ProviderError], str] = {
    JobFailedError: "Run the same command with --retry-failed to have it made again",
    AuthenticationError: "Check the key in the environment or in `.env`; `vmevalkit models check MODEL` tries it",
    QuotaExhaustedError: "Add credit at the provider, then run the same command with --retry-failed",
    ContentRefusedError: "Change the prompt or the picture: the same request is refused again",
    RequestRejectedError: "`vmevalkit models show MODEL` shows what it takes",
    ModelGoneError: "`vmevalkit models list` shows the models in service",
    UnexpectedReplyError: "Try again later; if it stays so, the provider has changed its API",
}

_BY_STATUS: dict[int, type[ProviderError]] = {
    401: AuthenticationError,
    402: QuotaExhaustedError,
    403: AuthenticationError,
    404: ModelGoneError,
    408: ProviderUnavailableError,
    410: ModelGoneError,
    429: RateLimitedError,
}


def kind_by_status(status: int) -> type[ProviderError]:
    """What an HTTP status means where the provider says nothing more exact."""
    if status >= 500:
        return ProviderUnavailableError
    return _BY_STATUS.get(status, RequestRejectedError)


def refusal(
    kind: type[ProviderError], provider: str, said: str | None, reply: Reply | None = None, **facts: Any
) -> ProviderError:
    """The error of a kind, quoting what the provider said; `facts` become its attributes."""
    status = f" with HTTP {reply.status}" if reply is not None and reply.status != 200 else ""
    quote = quoted(said) if said else "nothing more"
    return kind(
        f"{provider} answered{status}: {quote}",
        next_step=_NEXT_STEPS.get(kind),
        provider=provider,
        request_id=reply.request_id if reply is not None else None,
        status=reply.status if reply is not None else None,
        in_json=reply is not None and reply.json is not None,
        **facts,
    )


def unexpected(provider: str, expected: str, reply: Reply) -> UnexpectedReplyError:
    """The error for an answer that is not what the provider is known to give; one that is no JSON may be passing."""
    return UnexpectedReplyError(
        f"{provider} answered with HTTP {reply.status} and {quoted(reply.text) or 'an empty body'}",
        expected=expected,
        next_step=_NEXT_STEPS[UnexpectedReplyError],
        provider=provider,
        request_id=reply.request_id,
        **({"retry": "transient"} if reply.json is None else {}),
    )


def quoted(text: str) -> str:
    """The text on one line, not too long, without signatures."""
    line = " ".join(without_queries(text).split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def mentions(text: str | None, words: Collection[str]) -> bool:
    """True when one of the words is in the text, in whatever case: for providers that tell causes in prose only."""
    return text is not None and any(word in text.casefold() for word in words)
