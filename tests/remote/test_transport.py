from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.errors import (
    AuthenticationError,
    ModelGoneError,
    ProviderUnavailableError,
    RateLimitedError,
    UnexpectedReplyError,
)
from vmevalkit.models.wavespeed_inference import WaveSpeedAdapter
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.transport import told_wait

POLL = Call("GET", "api/v3/predictions/none/result")
DATE = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"openai-poll-after-ms": "1500"}, 1.5),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:00 GMT", "date": DATE}, 60.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1" * 30}, float("1" * 30)),
        ({"retry-after": "Fri, 20 Nov 9999 12:00:00 GMT", "date": "Fri, 20 Nov 9999 11:59:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:00", "date": DATE}, 60.0),
    ],
)
def test_wait_is_read_in_every_notation(headers: dict[str, str], seconds: float | None) -> None:
    assert told_wait(Reply(429, headers, "")) == seconds


@given(st.one_of(st.text(), st.from_regex(r"Fri, \d+ Nov \d{1,30} \d\d:\d\d:\d\d [+-]?\w{1,12}", fullmatch=True)))
def test_no_date_breaks_an_answer(date: str) -> None:
    wait = told_wait(Reply(200, {"retry-after": date, "date": date}, ""))
    assert wait is None or wait >= 0


@pytest.mark.parametrize("year", ["0001", "9999", "9" * 20])
def test_absurd_date_neither_breaks_an_answer_nor_sets_the_clock(year: str, speaker: Any) -> None:
    found = speaker(date=f"Mon, 01 Jan {year} 00:00:00 GMT")
    _, status = found.submit_and_wait()
    assert (status.state, found.account.skew) == ("succeeded", 0)


def test_passing_fault_is_sat_out(speaker: Any) -> None:
    found = speaker(faults=[{"phase": "cancel", "kind": "server_error", "times": 3}])
    reply = found.run(found.transport.ask(Call("POST", "api/v3/predictions/delete", json={"ids": []})))
    assert (reply.status, found.emulator.requests["cancel"]) == (200, 4)


def test_lasting_fault_ends_after_the_last_try(speaker: Any) -> None:
    found = speaker(attempts=3, faults=[{"phase": "poll", "kind": "server_error", "times": -1}])
    with pytest.raises(ProviderUnavailableError):
        found.run(found.transport.ask(POLL))
    assert found.emulator.requests["poll"] == 3


def test_wrong_key_is_not_tried_again(speaker: Any) -> None:
    found = speaker(faults=[{"phase": "poll", "kind": "unauthenticated", "times": -1}])
    with pytest.raises(AuthenticationError, match=r"\.env"):
        found.run(found.transport.ask(POLL))
    assert found.emulator.requests["poll"] == 1


def test_page_in_place_of_json_is_named(speaker: Any) -> None:
    found = speaker(attempts=2, faults=[{"phase": "poll", "kind": "html", "times": -1}])
    with pytest.raises(UnexpectedReplyError, match="We will be back soon"):
        found.run(found.transport.ask(POLL))


def test_wait_of_a_rate_limit_is_in_the_error(speaker: Any) -> None:
    found = speaker(attempts=1, faults=[{"phase": "poll", "kind": "rate_limited", "retry_after": 12}])
    with pytest.raises(RateLimitedError) as caught:
        found.run(found.transport.ask(POLL))
    assert caught.value.retry_after == 12


def test_nobody_there_is_a_request_that_was_not_sent(speaker: Any) -> None:
    found = speaker(attempts=1)
    found.account.base_url = "http://127.0.0.1:1"
    with pytest.raises(ProviderUnavailableError, match="could not be reached") as caught:
        found.run(found.transport.ask(POLL))
    assert caught.value.sent is False


def test_address_with_an_impossible_port_is_a_request_that_was_not_sent(speaker: Any) -> None:
    found = speaker(attempts=1)
    found.account.base_url = "http://127.0.0.1:99999"
    with pytest.raises(UnexpectedReplyError, match="Invalid port") as caught:
        found.run(found.transport.ask(POLL))
    assert caught.value.sent is False


def test_answer_that_was_lost_may_have_been_worked_on(speaker: Any) -> None:
    found = speaker(attempts=1, faults=[{"phase": "poll", "kind": "cut_after"}])
    with pytest.raises(ProviderUnavailableError) as caught:
        found.run(found.transport.ask(POLL))
    assert caught.value.sent is True


def test_difference_of_clocks_is_measured(speaker: Any) -> None:
    found = speaker(clock_skew=3600)
    found.submit_and_wait()
    assert abs(found.account.skew - 3600) < 3


def test_key_in_an_answer_is_hidden(speaker: Any) -> None:
    found = speaker()
    call = Call(
        "POST", f"api/v3/{found.emulator.key}", json={"prompt": "Go", "image": "https://pictures.example/a.png"}
    )
    with pytest.raises(ModelGoneError, match="<hidden>") as caught:
        found.run(found.transport.ask(call))
    assert found.emulator.key not in str(caught.value)


def test_key_too_short_to_be_one_does_not_garble_answers(speaker: Any) -> None:
    found = speaker(key="data")
    found.transport.adapter = WaveSpeedAdapter("wavespeed-ai/wan-2.2/i2v-480p", api_key="data")
    reply = found.run(found.transport.ask(Call("POST", "api/v3/predictions/delete", json={"ids": []})))
    assert "<hidden>" not in reply.text
    assert "data" in reply.text


def test_many_requests_share_few_connections(speaker: Any) -> None:
    found = speaker()

    async def ask_often() -> None:
        call = Call("POST", "api/v3/predictions/delete", json={"ids": []})
        await asyncio.gather(*(found.transport.ask(call) for _ in range(300)))

    found.run(ask_often())
    assert found.emulator.requests["cancel"] == 300
