"""Fetching a video: streamed to the disk, gone on with where it was cut off, and of the length that was promised."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import httpx

from vmevalkit.atomic import replacing
from vmevalkit.errors import (
    ProviderError,
    ProviderUnavailableError,
    TimedOutError,
    UnexpectedReplyError,
    VideoExpiredError,
)
from vmevalkit.remote.addresses import check_address, redirected
from vmevalkit.remote.call import Reply
from vmevalkit.remote.refusals import kind_by_status, refusal, unexpected
from vmevalkit.remote.transport import Transport, told_wait
from vmevalkit.retry import classify

MOST_VIDEO_BYTES = 4 * 2**30
MOST_SECONDS = 1800.0
"""A video of 4 GB takes less over a line of 20 Mbit/s."""
MOST_TRIES = 40
"""Also of those that get further: a video that is cut off this often is not coming."""
_OPEN = "It was not taken. The job stays open: the same command tries to fetch it again"
_MOST_REDIRECTS = 5
_QUOTE_BYTES = 2000
_GONE = {401, 403, 404, 410}
_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-[0-9]{1,18}|\*)/(?:([0-9]{1,18})|\*)")


@dataclass
class _Part:
    """What there is of a video so far, and of which version."""

    file: BinaryIO
    total: int | None = None
    """Size of the whole, where it was told."""
    mark: tuple[str, str] | None = None
    """Name and value of the header that tells its versions apart."""

    @property
    def held(self) -> int:
        """Its bytes so far."""
        return self.file.tell()

    def headers(self) -> dict[str, str]:
        """Those that ask for what is missing, or for all of it where it has changed since."""
        headers = {"accept-encoding": "identity"}
        if self.held:
            headers["range"] = f"bytes={self.held}-"
            if self.mark is not None and not self.mark[1].startswith("W/"):
                headers["if-range"] = self.mark[1]
        return headers

    def drop(self) -> None:
        """Start anew."""
        self.file.seek(0)
        self.file.truncate()
        self.total = self.mark = None

    def takes(self, response: httpx.Response) -> bool:
        """True when the body of an answer comes next; a whole video always does, in place of what there was."""
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            self.drop()
            length = response.headers.get("content-length")
            self.total, self.mark = int(length) if length is not None else None, _mark(response)
            return True
        start, total = _range(response)
        if start != self.held or not self._is_of(total, response):
            return False
        self.total, self.mark = self.total or total, self.mark or _mark(response)
        return True

    def is_whole(self, response: httpx.Response) -> bool:
        """True when an answer that there is nothing more means that all of it is here."""
        _, total = _range(response)
        return total == self.held and self._is_of(total, response)

    def _is_of(self, total: int | None, response: httpx.Response) -> bool:
        """True when an answer is about the same version."""
        if total is not None and self.total not in {None, total}:
            return False
        name, value = self.mark or ("etag", None)
        return value is None or response.headers.get(name, value) == value


async def download(transport: Transport, url: str, path: Path, *, seconds: float = MOST_SECONDS) -> int:
    """Put what is at `url` at `path`, all of it or nothing; its size in bytes comes back.

    Raises VideoExpiredError where it is no longer kept, UnexpectedReplyError for a page in place of a video,
    ProviderUnavailableError when it stayed cut off, and TimedOutError when it was not there after `seconds`.
    """
    with replacing(path) as temporary, temporary.open("xb") as file:
        try:
            await asyncio.wait_for(_fetch(transport, transport.address(url), _Part(file)), seconds)
        except asyncio.TimeoutError as error:
            raise TimedOutError(
                f"{transport.adapter.provider} sent {file.tell()} bytes of the video in {seconds:g} seconds",
                expected="all of it by then",
                next_step="It is not lost: the same command fetches it",
                retry="never",
            ) from error
        return file.tell()


async def _fetch(transport: Transport, url: str, part: _Part) -> None:
    number, furthest = 1, 0
    for tries in range(1, MOST_TRIES + 1):
        try:
            await _read_on(transport, url, part)
            return
        except ProviderError as error:
            number = 1 if part.held > furthest else number + 1
            if classify(error) == "never" or number > transport.policy.attempts or tries == MOST_TRIES:
                raise
            told = error.retry_after
        furthest = max(furthest, part.held)
        await asyncio.sleep(transport.policy.wait(number, told))


async def _read_on(transport: Transport, url: str, part: _Part) -> None:
    """Append what is missing; starts anew where the other side cannot go on in the middle."""
    provider = transport.adapter.provider
    for _ in range(_MOST_REDIRECTS):
        check_address(url, transport.base_url, provider)
        async with transport.streaming(url, part.headers()) as response:
            if response.is_redirect:
                url = redirected(url, response.headers.get("location", ""), provider)
                continue
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and part.held:
                if part.is_whole(response):
                    return
                raise _anew(provider, part)
            await _check(transport, response)
            if not part.takes(response):
                raise _anew(provider, part)
            await _copy(provider, response, part)
            return
    raise UnexpectedReplyError(
        f"{provider} sent the download from one address to the next, {_MOST_REDIRECTS} times",
        next_step=_OPEN,
        provider=provider,
        request_id=None,
    )


async def _copy(provider: str, response: httpx.Response, part: _Part) -> None:
    async for chunk in response.aiter_raw():
        part.file.write(chunk)
        if part.held > MOST_VIDEO_BYTES:
            raise UnexpectedReplyError(
                f"{provider} sent more than {MOST_VIDEO_BYTES} bytes for one video",
                next_step=_OPEN,
                provider=provider,
                request_id=None,
            )
    if not part.held or part.total not in {None, part.held}:
        raise ProviderUnavailableError(
            f"{provider} sent {part.held} of {part.total or 'some'} bytes of the video",
            provider=provider,
            request_id=None,
            sent=True,
        )


def _anew(provider: str, part: _Part) -> ProviderUnavailableError:
    held = part.held
    part.drop()
    return ProviderUnavailableError(
        f"{provider} did not go on with the video after its first {held} bytes",
        expected="the rest of it",
        provider=provider,
        request_id=None,
        sent=True,
    )


def _range(response: httpx.Response) -> tuple[int | None, int | None]:
    """The place of an answer's first byte in the video, and the video's size; None for what is not told."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    start, total = found.groups() if found is not None else (None, None)
    return None if start is None else int(start), None if total is None else int(total)


def _mark(response: httpx.Response) -> tuple[str, str] | None:
    names = (name for name in ("etag", "last-modified") if name in response.headers)
    return next(((name, response.headers[name]) for name in names), None)


async def _check(transport: Transport, response: httpx.Response) -> None:
    """Nothing for an answer that holds a video as it is; raises what any other means."""
    provider, kind = transport.adapter.provider, response.headers.get("content-type", "")
    encoding = response.headers.get("content-encoding", "identity")
    if response.is_success and not kind.startswith(("text/", "application/json")):
        if encoding not in {"", "identity"}:
            raise UnexpectedReplyError(
                f"{provider} sent the video packed with {encoding}",
                expected="the video as it is",
                next_step=_OPEN,
                provider=provider,
                request_id=None,
            )
        return
    text = transport.hide(await _beginning(response))
    reply = Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, text)
    if response.is_success:
        raise unexpected(provider, "a video", reply)
    if response.status_code in _GONE:
        raise refusal(VideoExpiredError, provider, text, reply)
    error = refusal(kind_by_status(response.status_code), provider, text, reply)
    error.retry_after = told_wait(reply)
    raise error


async def _beginning(response: httpx.Response) -> str:
    """As much of a page as is worth quoting."""
    content = b""
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) >= _QUOTE_BYTES:
            break
    return content[:_QUOTE_BYTES].decode("utf-8", "replace")
