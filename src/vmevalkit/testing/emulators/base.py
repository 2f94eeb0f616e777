"""What all emulated providers have in common: a small server on loopback, with jobs, faults and counts."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, ClassVar

from aiohttp import web

from vmevalkit.models.endpoint import provider_facts
from vmevalkit.records.job import JobState
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind, Phase
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.loopback import LoopbackServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ENDINGS: dict[str, JobState] = {"succeed": "succeeded", "fail": "failed", "refuse": "refused", "cancel": "cancelled"}
_LARGEST_REQUEST = 256 * 2**20

SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
"""What files of each type of picture begin with."""


@dataclass
class EmulatedJob:
    """A job as the emulator keeps it."""

    id: str
    """Its id."""
    body: dict[str, Any]
    """What was asked for."""
    started: float
    """When, on a clock of its own."""
    cancelled: bool = False
    """Whether a client ended it."""
    fetched: int = 0
    """How often its video was fetched."""
    intent: str | None = None
    """The client's own id for it, where the provider takes one."""


class Emulator(ABC):
    """One provider on loopback; `with Emulator(...) as emulator:` serves it in a thread of this process.

    `jobs` and `requests` tell what clients did; `faults_left` what is still to go wrong.
    """

    provider: ClassVar[str]
    base_path: ClassVar[str] = ""
    """Path that the base URL of clients ends with."""

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self.jobs: dict[str, EmulatedJob] = {}
        self.requests: Counter[str] = Counter()
        """Requests by phase, those with faults included."""
        self.leaked_keys = 0
        """How often a client showed its key to the host that keeps the videos."""
        self.most_in_flight = 0
        """The most jobs that ran at once."""
        self.faults_left: list[tuple[Fault, int]] = [(fault, fault.times) for fault in self.behaviour.faults]
        self.port, self._assets_port = port, 0
        self._server: LoopbackServer | None = None

    @abstractmethod
    def routes(self) -> list[tuple[str, str, Phase, Handler]]:
        """Method, path, phase and handler of everything the provider answers."""

    @abstractmethod
    def is_authorized(self, request: web.Request) -> bool:
        """True when the request holds the right key in the right place."""

    @abstractmethod
    def error(self, kind: FaultKind, message: str = "") -> web.Response:
        """An error in the provider's own shape, with its own status."""

    @property
    def base_url(self) -> str:
        """What clients take for the provider's address."""
        return f"http://127.0.0.1:{self.port}{self.base_path}"

    @property
    def key(self) -> str:
        """The key that it knows."""
        return self.behaviour.key

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables, and their values, that make clients come here."""
        facts = provider_facts(self.provider)
        return {facts.base_url_variable: self.base_url, next(iter(facts.credentials)): self.key}

    def video_url(self, job: EmulatedJob) -> str:
        """Where a job's video is: another host than the API, as with real providers."""
        return f"http://127.0.0.1:{self._assets_port}/videos/{job.id}.mp4?signature=secret-{job.id}"

    def create(self, body: dict[str, Any], *, intent: str | None = None) -> EmulatedJob:
        """A new job."""
        job = EmulatedJob(self.new_id(), body, time.monotonic(), intent=intent)
        self.jobs[job.id] = job
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return job

    def new_id(self) -> str:
        """An id for a job, as the provider makes them."""
        return str(uuid.uuid4())

    @property
    def in_flight(self) -> int:
        """Jobs that have not ended."""
        return sum(self.state_of(job) in {"queued", "running"} for job in self.jobs.values())

    @property
    def is_full(self) -> bool:
        """True when one more job would be one too many."""
        return self.behaviour.concurrency is not None and self.in_flight >= self.behaviour.concurrency

    def state_of(self, job: EmulatedJob) -> JobState:
        """How a job stands now."""
        if job.cancelled:
            return "cancelled"
        ran = time.monotonic() - job.started
        if ran < self.behaviour.job_seconds or self.behaviour.outcome == "never_end":
            return "running" if ran > self.behaviour.job_seconds / 10 else "queued"
        return _ENDINGS.get(self.behaviour.outcome, "succeeded")

    @property
    def now(self) -> float:
        """Its clock, in seconds since 1970."""
        return time.time() + self.behaviour.clock_skew

    def json(self, body: Any, status: int = 200, *, pending: bool = False) -> web.Response:
        """A JSON answer; with `pending` it asks to wait before the next look."""
        wait = self.behaviour.poll_after
        headers = {"retry-after-ms": f"{wait * 1000:g}"} if pending and wait is not None else {}
        return web.json_response(body, status=status, headers=headers)

    async def send_video(self, request: web.Request, *, cut: bool = False) -> web.StreamResponse:
        """The video, from the byte that was asked for; with `cut`, half of what is left of it."""
        content = clip()
        start = request.http_range.start or 0
        part = content[start:]
        headers = {"content-type": "video/mp4", "content-length": str(len(part)), "accept-ranges": "bytes"}
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        if start:
            response.headers["content-range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        await response.prepare(request)
        await asyncio.sleep(self.behaviour.download_seconds)
        await response.write(part[: len(part) // 2] if cut else part)
        if cut:
            _hang_up(request)
        return response

    def application(self) -> web.Application:
        """The API as a web application."""
        application = web.Application(client_max_size=_LARGEST_REQUEST)
        for method, path, phase, handler in self.routes():
            application.router.add_route(method, path, self._guarded(phase, handler))
        application.on_response_prepare.append(self._sign)
        return application

    def assets(self) -> web.Application:
        """The host that keeps the videos, as a web application."""
        application = web.Application()
        application.router.add_get("/videos/{job}.mp4", self._guarded("fetch", self._asset, authorize=False))
        return application

    def __enter__(self) -> Any:
        self._server = LoopbackServer()
        self._assets_port = self._server.serve(self.assets(), 0)
        self.port = self._server.serve(self.application(), self.port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        job = self.jobs.get(request.match_info["job"])
        if any(name in request.headers for name in ("authorization", "x-goog-api-key")):
            self.leaked_keys += 1
        if job is None or request.query.get("signature") != f"secret-{job.id}":
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        job.fetched += 1
        return await self.send_video(request)

    def _guarded(self, phase: Phase, handler: Handler, *, authorize: bool = True) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            self.requests[phase] += 1
            fault = self._next_fault(phase)
            if fault is not None and fault.kind != "cut_after":
                return await self._faulty(fault, request)
            if authorize and not self.is_authorized(request):
                return self.error("unauthenticated", "the key is not known")
            try:
                response = await handler(request)
            except ConnectionError:  # the client was killed in the middle of its request
                return web.Response(status=400)
            if phase == "submit":
                await asyncio.sleep(self.behaviour.submit_seconds)
            if fault is not None:
                _hang_up(request)
            return response

        return handle

    def _next_fault(self, phase: Phase) -> Fault | None:
        for number, (fault, left) in enumerate(self.faults_left):
            if fault.phase == phase and left:
                self.faults_left[number] = (fault, left - 1 if left > 0 else left)
                return fault
        return None

    async def _faulty(self, fault: Fault, request: web.Request) -> web.StreamResponse:  # noqa: PLR0911 (one for each)
        match fault.kind:
            case "cut_before":
                _hang_up(request)
                return web.Response(status=500)
            case "html":
                return web.Response(text="<html><body>We will be back soon</body></html>", content_type="text/html")
            case "bad_gateway":  # in the words of a proxy: nobody knows what became of the request
                return web.Response(status=503, text="<html>upstream connect error</html>", content_type="text/html")
            case "truncated":
                return await self.send_video(request, cut=True)
            case "garbage":
                return web.Response(body=bytes(4096), content_type="video/mp4")
            case "expired":
                return web.Response(status=403, text="<Error><Code>Expired</Code></Error>")
            case "redirect":
                location = f"{request.path}?{request.query_string}" if request.query_string else request.path
                return web.Response(status=302, headers={"location": location})
            case _:
                response = self.error(fault.kind, f"the emulator was told to answer {fault.kind}")
                if fault.retry_after is not None:
                    response.headers["retry-after"] = f"{fault.retry_after:g}"
                return response

    async def _sign(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers["date"] = self.behaviour.date or formatdate(self.now, usegmt=True)
        response.headers["x-request-id"] = f"emulated-{sum(self.requests.values())}"


def decoded(text: object) -> bytes:
    """What a text in base64 holds; nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        return b""


def is_picture(content: bytes) -> bool:
    """True for what begins as a PNG, JPEG or WebP file does."""
    return content.startswith(tuple(SIGNATURES.values()))


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
