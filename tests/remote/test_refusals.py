from __future__ import annotations

import pytest

from vmevalkit.errors import (
    AuthenticationError,
    ModelGoneError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestRejectedError,
)
from vmevalkit.remote.call import Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, quoted, refusal


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejectedError),
        (401, AuthenticationError),
        (402, QuotaExhaustedError),
        (403, AuthenticationError),
        (404, ModelGoneError),
        (410, ModelGoneError),
        (418, RequestRejectedError),
        (429, RateLimitedError),
        (500, ProviderUnavailableError),
        (599, ProviderUnavailableError),
    ],
)
def test_status_has_a_meaning_of_its_own(status: int, kind: type[ProviderError]) -> None:
    assert kind_by_status(status) is kind


def test_error_quotes_the_provider_and_keeps_its_request_id() -> None:
    error = refusal(RateLimitedError, "somebody", "slow  down\n", Reply(429, {"x-request-id": "r-1"}, ""))
    assert str(error).startswith("somebody answered with HTTP 429: slow down.")
    assert (error.provider, error.request_id, error.retry) == ("somebody", "r-1", "rate_limited")


def test_long_page_is_quoted_in_part() -> None:
    assert len(quoted("x" * 10_000)) < 600


def test_words_are_found_in_whatever_case() -> None:
    assert mentions("Insufficient BALANCE", ["balance"])
    assert not mentions(None, ["balance"])
