from __future__ import annotations

import gzip
import re
import socketserver
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from vmevalkit.errors import (
    ProviderError,
    ProviderUnavailableError,
    TimedOutError,
    UnexpectedReplyError,
    VideoExpiredError,
)
from vmevalkit.remote.download import MOST_TRIES, download
from vmevalkit.testing.emulators.clip import clip

VIDEO = bytes(range(256)) * 100
OTHER_VIDEO = VIDEO[::-1]
WHOLE = f"Content-Length: {len(VIDEO)}"


class Host(socketserver.ThreadingTCPServer):
    """Answers each request with the next of some answers, byte for byte, and hangs up; the last one stays."""

    daemon_threads = True

    def __init__(self, answers: tuple[Iterable[bytes], ...]) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.answers, self.asked = answers, list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/video.mp4"


class Listener(socketserver.StreamRequestHandler):
    server: Host

    def handle(self) -> None:
        asked = self.server.asked
        asked.append("".join(line.decode() for line in iter(self.rfile.readline, b"\r\n")).lower())
        with suppress(ConnectionError):  # the client may have heard enough
            for part in self.server.answers[min(len(asked), len(self.server.answers)) - 1]:
                self.wfile.write(part)


@pytest.fixture
def host() -> Iterator[Callable[..., Host]]:
    with ExitStack() as stack:

        def start(*answers: Iterable[bytes]) -> Host:
            server = stack.enter_context(Host(answers))
            Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
            return server

        yield start


def answer(status: int, body: bytes, *headers: str) -> list[bytes]:
    head = (f"HTTP/1.1 {status} Some", "Content-Type: video/mp4", "Connection: close", *headers)
    return ["\r\n".join((*head, "", "")).encode(), body]


def rest(start: int, *headers: str, of: bytes = VIDEO) -> list[bytes]:
    place = f"Content-Range: bytes {start}-{len(of) - 1}/{len(of)}"
    return answer(206, of[start:], place, f"Content-Length: {len(of) - start}", *headers)


def fetch(found: Any, path: Path) -> Coroutine[Any, Any, int]:
    _, status = found.submit_and_wait()
    return download(found.transport, status.video.path, path)


def test_download_goes_on_where_it_was_cut_off(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "truncated", "times": 6}])
    assert found.run(fetch(found, tmp_path / "video.mp4")) == len(clip())
    assert (tmp_path / "video.mp4").read_bytes() == clip()


def test_download_that_makes_no_progress_ends_and_leaves_nothing(speaker: Any, tmp_path: Path) -> None:
    found = speaker(attempts=3, faults=[{"phase": "fetch", "kind": "cut_before", "times": -1}])
    with pytest.raises(ProviderUnavailableError):
        found.run(fetch(found, tmp_path / "video.mp4"))
    assert found.emulator.requests["fetch"] == 3
    assert list(tmp_path.iterdir()) == []


def test_page_in_place_of_a_video_is_refused(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "html", "times": -1}])
    with pytest.raises(UnexpectedReplyError, match="a video"):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_expired_address_is_told_apart(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "expired"}])
    with pytest.raises(VideoExpiredError):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_endless_redirects_end(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "redirect", "times": -1}])
    with pytest.raises(UnexpectedReplyError, match="from one address to the next"):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_key_is_not_shown_to_the_host_of_the_videos(speaker: Any, tmp_path: Path) -> None:
    found = speaker()
    found.run(fetch(found, tmp_path / "video.mp4"))
    assert found.emulator.leaked_keys == 0


def test_rest_from_another_place_is_not_appended(speaker: Any, host: Any, tmp_path: Path) -> None:
    served = host(answer(200, VIDEO[:1000], WHOLE), rest(900), answer(200, VIDEO, WHOLE))
    found = speaker()
    found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert ["range: bytes=1000-" in asked for asked in served.asked] == [False, True, False]


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_rest_is_asked_for_of_the_same_version_only(header: str, speaker: Any, host: Any, tmp_path: Path) -> None:
    served = host(answer(200, VIDEO[:1000], WHOLE, f'{header}: "one"'), rest(1000, f'{header}: "one"'))
    found = speaker()
    found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO
    assert 'if-range: "one"' in served.asked[1]


@pytest.mark.parametrize(
    "changed",
    [
        rest(1000, 'ETag: "two"', of=OTHER_VIDEO),
        rest(1000, of=OTHER_VIDEO + b"longer"),
        answer(416, b"", "Content-Range: bytes */1000", "Content-Length: 0"),
    ],
)
def test_video_that_changed_is_fetched_anew(changed: Any, speaker: Any, host: Any, tmp_path: Path) -> None:
    served = host(answer(200, VIDEO[:1000], WHOLE, 'ETag: "one"'), changed, answer(200, OTHER_VIDEO, WHOLE))
    found = speaker()
    found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert (tmp_path / "video.mp4").read_bytes() == OTHER_VIDEO


def test_whole_video_whose_end_was_not_told_is_whole(speaker: Any, host: Any, tmp_path: Path) -> None:
    chunk = f"{len(VIDEO):x}\r\n".encode() + VIDEO + b"\r\n"
    nothing_more = answer(416, b"", f"Content-Range: bytes */{len(VIDEO)}", "Content-Length: 0")
    served = host(answer(200, chunk, "Transfer-Encoding: chunked"), nothing_more)
    found = speaker()
    assert found.run(download(found.transport, served.url, tmp_path / "video.mp4")) == len(VIDEO)
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_video_that_comes_in_parts_is_put_together(speaker: Any, host: Any, tmp_path: Path) -> None:
    first = answer(206, VIDEO[:1000], f"Content-Range: bytes 0-999/{len(VIDEO)}", "Content-Length: 1000")
    served = host(first, rest(1000))
    found = speaker()
    found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert (tmp_path / "video.mp4").read_bytes() == VIDEO


def test_beginning_that_comes_again_and_again_is_no_progress(speaker: Any, host: Any, tmp_path: Path) -> None:
    short, longer = answer(200, VIDEO[:1000], WHOLE), answer(200, VIDEO[:2000], WHOLE)
    served = host(*[short, longer] * 20)
    found = speaker(attempts=4)
    with pytest.raises(ProviderUnavailableError):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert len(served.asked) == 2 + 4


def test_video_that_comes_byte_by_byte_over_many_tries_ends(speaker: Any, host: Any, tmp_path: Path) -> None:
    served = host(*(answer(200, VIDEO[:size], WHOLE) for size in range(1, 100)))
    found = speaker()
    with pytest.raises(ProviderUnavailableError):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
    assert len(served.asked) == MOST_TRIES


def test_video_that_drips_ends_at_the_deadline(speaker: Any, host: Any, tmp_path: Path) -> None:
    def drip() -> Iterator[bytes]:
        yield from answer(200, b"", WHOLE)
        while True:
            time.sleep(0.02)
            yield b"."

    found, served = speaker(), host(drip())
    with pytest.raises(TimedOutError, match=r"bytes of the video in 0\.2 seconds"):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4", seconds=0.2))
    assert list(tmp_path.iterdir()) == []


def test_packed_video_is_refused(speaker: Any, host: Any, tmp_path: Path) -> None:
    found, served = speaker(), host(answer(200, gzip.compress(VIDEO), "Content-Encoding: gzip"))
    with pytest.raises(UnexpectedReplyError, match="packed with gzip"):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4"))


def test_endless_page_is_read_no_further_than_it_is_quoted(speaker: Any, host: Any, tmp_path: Path) -> None:
    def page() -> Iterator[bytes]:
        yield b"HTTP/1.1 404 Gone\r\n\r\n"
        while True:
            yield b"gone " * 1000

    found, served = speaker(), host(page())
    with pytest.raises(VideoExpiredError, match="gone"):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4", seconds=5))


@pytest.mark.parametrize("location", ["https://cdn.example:99999999/x", "https://cdn.example:x/", "https://[cdn/"])
def test_redirect_that_cannot_be_read_is_named(location: str, speaker: Any, host: Any, tmp_path: Path) -> None:
    found, served = speaker(attempts=1), host(answer(302, b"", f"Location: {location}", "Content-Length: 0"))
    with pytest.raises(ProviderError, match=re.compile("cannot be read|invalid", re.IGNORECASE)):
        found.run(download(found.transport, served.url, tmp_path / "video.mp4"))
