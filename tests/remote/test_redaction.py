from __future__ import annotations

import logging

import pytest

from vmevalkit.remote.redaction import HideQueries, redacted

KEY = "sk-live-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {KEY}",
        f"Authorization: Bearer {KEY}",
        f"https://files.example/a.mp4?X-Signature={KEY}&Expires=1",
        f'{{"api_key": "{KEY}"}}',
    ],
)
def test_key_is_hidden_wherever_it_stands(text: str) -> None:
    assert KEY not in redacted(text, [KEY])


def test_signature_is_hidden_though_nobody_told_of_it() -> None:
    assert redacted("see https://a.example/b?c=d now") == "see https://a.example/b?<hidden> now"


@pytest.mark.parametrize("slash", ["/", r"\/", r"\\/"])
def test_signature_is_hidden_in_json_too(slash: str) -> None:
    url = f"https:{slash}{slash}a.example{slash}b"
    assert redacted(f'{{"url": "{url}?Signature=c"}}') == f'{{"url": "{url}?<hidden>"}}'


def test_foreign_bearer_token_is_hidden() -> None:
    assert "eyJhbGciOi" not in redacted("sent bearer eyJhbGciOi.J9.abc")


def test_short_word_is_no_secret() -> None:
    assert redacted("a test", ["a"]) == "a test"


def test_log_lines_of_the_http_library_hold_no_signature() -> None:
    record = logging.LogRecord("httpx", 20, "", 0, "HTTP Request: GET %s", ("https://a.example/b?sig=1",), None)
    HideQueries().filter(record)
    assert record.getMessage() == "HTTP Request: GET https://a.example/b?<hidden>"
