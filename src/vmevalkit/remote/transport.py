"""The one HTTP transport: sends calls, classifies what goes wrong, and tries again what may be tried again."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from vmevalkit.errors import AuthenticationError, ProviderError, ProviderUnavailableError, UnexpectedReplyError
from vmevalkit.remote.account import Account
from vmevalkit.remote.adapter import Adapter
from vmevalkit.remote.addresses import parsed, same_host
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.redaction import HideQueries, redacted, without_secrets
from vmevalkit.remote.refusals import unexpected
from vmevalkit.retry import RetryPolicy, classify

MOST_REPLY_BYTES = 512 * 2**20
"""A longer answer is not read; one that holds a video in base64 may be long."""
LONGEST_WAIT_SECONDS = 600.0
"""A provider that asks for a longer wait is left to a later run."""
SECONDS_BETWEEN_WARNINGS = 10.0
LEAST_SKEW_SECONDS = 2.0
"""Clocks closer than this are taken for the same: the date of an answer has whole seconds."""
_MOST_SKEW_SECONDS = 366 * 86400.0
"""A date further off is no clock that went wrong, and is not believed."""

logger = logging.getLogger(__name__)
logging.getLogger("httpx").addFilter(HideQueries())


class Transport:
    """Speaks to one provider in the name of one account."""

    def __init__(
        self, adapter: Adapter, account: Account, policy: RetryPolicy, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.adapter, self.account, self.policy, self._clock = adapter, account, policy, clock

    @property
    def base_url(self) -> str:
        """Where the provider's API is."""
        return self.account.base_url

    async def ask(self, call: Call) -> Reply:
        """The answer to a call that may be repeated; raises the adapter's error, after as many tries as make sense."""
        number = 1
        while True:
            try:
                return await self.send(call)
            except ProviderError as error:
                if classify(error) == "never" or number >= self.policy.attempts:
                    raise
                wait = self.policy.wait(number, error.retry_after or None)
                if wait > LONGEST_WAIT_SECONDS:
                    raise error.given_up() from error.__cause__
                if number > 1:
                    self._tell(error, wait, number)
                await asyncio.sleep(wait)
                number += 1

    def _tell(self, error: ProviderError, wait: float, number: int) -> None:
        """Say that there is trouble, but not for each of many jobs."""
        if time.monotonic() - self.account.told_at >= SECONDS_BETWEEN_WARNINGS:
            self.account.told_at = time.monotonic()
            tries = f"try {number} of {self.policy.attempts}"
            logger.warning("%s; %s, the next in %.0f s", error.given, tries, wait)

    async def send(self, call: Call, *, fresh: bool = False) -> Reply:
        """The answer to a call that is sent once; raises the adapter's error.

        ProviderUnavailableError says in `sent` whether the request may have arrived. A request that was turned away
        because of a wrong clock is sent again with the right one: turned away means that nothing came of it.
        """
        skew = self.account.skew
        try:
            return await self._send(call, fresh=fresh)
        except AuthenticationError:
            if abs(self.account.skew - skew) < LEAST_SKEW_SECONDS:
                raise
        return await self._send(call, fresh=fresh)

    @asynccontextmanager
    async def streaming(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """The answer to a GET whose body is still to be read; the key is shown to the provider's own host only."""
        with self._classified():
            own = await self._own_headers() if same_host(url, self.base_url) else {}
            async with self.account.client.stream("GET", url, headers={**own, **headers}) as response:
                yield response

    def hide(self, text: str) -> str:
        """The text without our secrets."""
        return redacted(text, self.adapter.secrets)

    def address(self, path: str) -> str:
        """The whole URL of a path below the base URL."""
        return path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"

    async def _send(self, call: Call, *, fresh: bool) -> Reply:
        client, url = (self.account.fresh_client if fresh else self.account.client), self.address(call.path)
        with self._classified():
            parsed(url)
            body = _body(call)
            async with client.stream(call.method, url, headers=await self._own_headers(), **body) as response:
                text = await _text(response)
        self._note_time(response)
        headers = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(response.status_code, headers, without_secrets(text, self.adapter.secrets))
        return self._checked(reply)

    def _checked(self, reply: Reply) -> Reply:
        adapter = self.adapter
        if adapter.failed(reply):
            error = adapter.error(Reply(reply.status, reply.headers, self.hide(reply.text)))
            if classify(error) != "never" and (told := told_wait(reply)) is not None:
                error.retry_after = told
            raise error
        if reply.text and reply.json is None:
            raise unexpected(adapter.provider, "JSON", reply)
        return reply

    async def _own_headers(self) -> Mapping[str, str]:
        now = self._clock() + self.account.skew
        if self.adapter.fetches_tokens:
            return await asyncio.to_thread(self.adapter.headers, now)
        return self.adapter.headers(now)

    def _note_time(self, response: httpx.Response) -> None:
        if (theirs := _date(response.headers.get("date"))) is not None:
            skew = theirs - self._clock()
            if abs(skew) <= _MOST_SKEW_SECONDS:
                self.account.skew = skew if abs(skew) >= LEAST_SKEW_SECONDS else 0.0

    @contextmanager
    def _classified(self) -> Iterator[None]:
        """Turns the HTTP library's errors into ours."""
        provider = self.adapter.provider
        try:
            yield
        except httpx.TransportError as error:
            sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol)
            reason = self.hide(str(error)) or type(error).__name__
            raise ProviderUnavailableError(
                f"{provider} could not be {'heard to the end' if sent else 'reached'}: {reason}",
                next_step="Check the network, then run the same command again",
                provider=provider,
                request_id=None,
                sent=sent,
            ) from error
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            sent = isinstance(error, httpx.DecodingError)
            what = "answered with what HTTP does not know" if sent else "cannot be asked at such an address"
            raise UnexpectedReplyError(
                f"{provider} {what}: {self.hide(str(error))}",
                next_step="See that the address that is set for it is right: `vmevalkit models show MODEL` tells it",
                provider=provider,
                request_id=None,
                sent=sent,
            ) from error


def told_wait(reply: Reply) -> float | None:
    """How long the provider asks to wait, in seconds; None where it does not say."""
    headers = reply.headers
    for name in ("retry-after-ms", "openai-poll-after-ms"):
        if (milliseconds := _number(headers.get(name))) is not None:
            return milliseconds / 1000
    told = headers.get("retry-after")
    if (seconds := _number(told)) is not None:
        return seconds
    until, now = _date(told), _date(headers.get("date"))
    return max(0.0, until - (now if now is not None else time.time())) if until is not None else None


def _body(call: Call) -> dict[str, Any]:
    if call.form or call.files:
        files = {name: (part.name, part.content, part.media_type) for name, part in call.files.items()}
        return {"data": dict(call.form), "files": files}
    return {"json": call.json} if call.json is not None else {}


async def _text(response: httpx.Response) -> str:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MOST_REPLY_BYTES:
            raise httpx.RemoteProtocolError(f"its answer is longer than {MOST_REPLY_BYTES} bytes")
    return content.decode("utf-8", "replace")


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < math.inf else None


def _date(text: str | None) -> float | None:
    """Seconds since 1970; None for what is no date, however it is wrong: an answer is worth more than its date."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
