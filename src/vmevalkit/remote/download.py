"""Fetching a video: streamed to the disk, gone on with where it was cut off, and of the length that was promised."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

import httpx

from vmevalkit.atomic import replacing
from vmevalkit.errors import ProviderError, ProviderUnavailableError, UnexpectedReplyError, VideoExpiredError
from vmevalkit.remote.addresses import check_address
from vmevalkit.remote.call import Reply
from vmevalkit.remote.refusals import kind_by_status, refusal, unexpected
from vmevalkit.remote.transport import Transport, told_wait
from vmevalkit.retry import classify

MOST_VIDEO_BYTES = 4 * 2**30
_MOST_REDIRECTS = 5
_QUOTE_BYTES = 2000
_GONE = {401, 403, 404, 410}


async def download(transport: Transport, url: str, path: Path) -> int:
    """Put what is at `url` at `path`, all of it or nothing; its size in bytes comes back.

    Raises VideoExpiredError where it is no longer kept, UnexpectedReplyError for a page in place of a video, and
    ProviderUnavailableError when it stayed cut off.
    """
    number = 1
    with replacing(path) as temporary, temporary.open("xb") as file:
        while True:
            before = file.tell()
            try:
                await _read_on(transport, transport.address(url), file)
                return file.tell()
            except ProviderError as error:
                if classify(error) == "never":
                    raise
                number = 1 if file.tell() > before else number + 1
                if number > transport.policy.attempts:
                    raise
                told: float | None = error.__dict__.get("retry_after")
            await asyncio.sleep(transport.policy.wait(number, told))


async def _read_on(transport: Transport, url: str, file: BinaryIO) -> None:
    """Append what is missing; starts anew where the other side cannot go on in the middle."""
    for _ in range(_MOST_REDIRECTS):
        check_address(url, transport.base_url, transport.adapter.provider)
        headers = {"accept-encoding": "identity"} | ({"range": f"bytes={file.tell()}-"} if file.tell() else {})
        async with transport.streaming(url, headers) as response:
            if response.is_redirect:
                url = urljoin(url, response.headers.get("location", ""))
                continue
            await _check(transport, response)
            if response.status_code != httpx.codes.PARTIAL_CONTENT:
                file.seek(0)
                file.truncate()
            await _copy(transport, response, file)
            return
    raise UnexpectedReplyError(
        f"{transport.adapter.provider} sent the download from one address to the next, {_MOST_REDIRECTS} times",
        provider=transport.adapter.provider,
        request_id=None,
    )


async def _copy(transport: Transport, response: httpx.Response, file: BinaryIO) -> None:
    promised = response.headers.get("content-length")
    start = file.tell()
    async for chunk in response.aiter_raw():
        file.write(chunk)
        if file.tell() > MOST_VIDEO_BYTES:
            raise UnexpectedReplyError(
                f"{transport.adapter.provider} sent more than {MOST_VIDEO_BYTES} bytes for one video",
                provider=transport.adapter.provider,
                request_id=None,
            )
    got = file.tell() - start
    if (promised is not None and got != int(promised)) or not file.tell():
        raise ProviderUnavailableError(
            f"{transport.adapter.provider} sent {got} of {promised or 'some'} bytes of the video",
            provider=transport.adapter.provider,
            request_id=None,
            sent=True,
        )


async def _check(transport: Transport, response: httpx.Response) -> None:
    """Nothing for an answer that holds a video; raises what any other means."""
    provider, kind = transport.adapter.provider, response.headers.get("content-type", "")
    if response.is_success and not kind.startswith(("text/", "application/json")):
        return
    text = transport.hide((await response.aread())[:_QUOTE_BYTES].decode("utf-8", "replace"))
    reply = Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, text)
    if response.is_success:
        raise unexpected(provider, "a video", reply)
    if response.status_code in _GONE:
        raise refusal(VideoExpiredError, provider, text, reply)
    error = refusal(kind_by_status(response.status_code), provider, text, reply)
    error.__dict__["retry_after"] = told_wait(reply)
    raise error
