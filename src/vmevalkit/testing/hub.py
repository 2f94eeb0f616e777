"""A Hugging Face hub on loopback: it lists and serves the repositories it was given, and does wrong what it is told.

The paths, headers and errors are those that huggingface_hub relies on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from aiohttp import web
from pydantic import Field

from vmevalkit.hashes import hash_file
from vmevalkit.records.base import Record
from vmevalkit.testing.loopback import LoopbackServer

HubFaultKind = Literal["cut", "truncated", "too_long", "garbage", "unavailable", "missing", "stall", "no_range", "html"]
"""What goes wrong with a request. `cut`: the connection ends after half of what was asked for; `truncated`: half of it
is sent as if it were all; `too_long`: more is sent; `garbage`: other bytes of the same number; `stall`: half of it is
sent, and then nothing; `no_range`: the file is sent from its start, whatever was asked for; `html`: a page."""

_LARGE = {".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".model"}
_CHUNK = 2**18


class HubFault(Record):
    """Something that goes wrong with the next requests."""

    kind: HubFaultKind
    """What goes wrong."""
    path: str = ""
    """End of the path of the file that is asked for, `*` for the listing; empty for any file."""
    times: int = Field(default=1, ge=1)
    """How many requests."""


class _File(Record):
    """A file of a published repository."""

    at: Path
    size: int
    sha256: str
    git_hash: str

    @property
    def is_large(self) -> bool:
        return self.at.suffix in _LARGE

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_large else self.git_hash


class HubEmulator:
    """A hub on loopback; `with HubEmulator() as hub:` serves it in a thread of this process.

    `requests`, `ranges` and `sent` tell what clients did; `faults` what is still to go wrong.
    """

    def __init__(self, *, bytes_per_second: float | None = None) -> None:
        self.bytes_per_second = bytes_per_second
        """How fast it sends, each file by itself; None for as fast as possible."""
        self.token = "hf_emulated"  # noqa: S105 (of no use anywhere else)
        """The token that has access to what is gated."""
        self.faults: list[HubFault] = []
        self.requests: Counter[str] = Counter()
        """Requests by `list`, `tree`, `head` and `file`, those with faults included."""
        self.ranges: list[tuple[str, int]] = []
        """Path and first byte of each request for the content of a file."""
        self.sent: Counter[str] = Counter()
        """Bytes that were sent of each file."""
        self.leaked_tokens = 0
        """How often a client showed its token to the host that keeps large files."""
        self._commits: dict[str, dict[str, dict[str, _File]]] = {}
        self._gated: set[str] = set()
        self._server: LoopbackServer | None = None
        self.port = self._content_port = 0

    @property
    def endpoint(self) -> str:
        """What clients take for the hub's address; HF_ENDPOINT leads them here."""
        return f"http://127.0.0.1:{self.port}"

    def publish(self, repository: str, folder: Path, *, gated: bool = False) -> str:
        """Make what is in the folder now the newest revision of `owner/name`; its commit comes back.

        The files are read again whenever they are sent, so they must stay; to send other bytes is what faults are for.
        """
        files = {path.relative_to(folder).as_posix(): _described(path) for path in _files(folder)}
        listing = "".join(f"{name} {file.sha256}\n" for name, file in files.items())
        commit = hashlib.sha1(f"{repository}\n{listing}".encode(), usedforsecurity=False).hexdigest()
        commits = self._commits.setdefault(repository, {})
        commits.pop(commit, None)
        commits[commit] = files
        if gated:
            self._gated.add(repository)
        return commit

    def application(self) -> web.Application:
        """The API as a web application."""
        application = web.Application()
        model = "/api/models/{owner}/{name}"
        application.router.add_get(model, self._list)
        application.router.add_get(model + "/revision/{revision}", self._list)
        application.router.add_get(model + "/tree/{revision}", self._tree)
        application.router.add_route("*", "/{owner}/{name}/resolve/{revision}/{path:.+}", self._resolve)
        return application

    def content(self) -> web.Application:
        """The host that keeps the large files, as a web application."""
        application = web.Application()
        application.router.add_get("/{owner}/{name}/{revision}/{path:.+}", self._content)
        return application

    def __enter__(self) -> HubEmulator:
        self._server = LoopbackServer()
        self._content_port = self._server.serve(self.content())
        self.port = self._server.serve(self.application(), self.port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _list(self, request: web.Request) -> web.StreamResponse:
        self.requests["list"] += 1
        if (fault := self._next_fault("*")) is not None:
            return _failed(fault.kind)
        repository, commit = _repository(request), self._commit(request)
        if commit is None:
            return self._unknown(repository)
        siblings = [{"rfilename": name, **_facts(file)} for name, file in self._commits[repository][commit].items()]
        gated = "auto" if repository in self._gated else False
        return web.json_response({"id": repository, "sha": commit, "gated": gated, "siblings": siblings})

    async def _tree(self, request: web.Request) -> web.StreamResponse:
        self.requests["tree"] += 1
        repository, commit = _repository(request), self._commit(request)
        if commit is None:
            return self._unknown(repository)
        files = self._commits[repository][commit].items()
        return web.json_response(
            [{"type": "file", "path": name, "oid": file.git_hash, **_facts(file)} for name, file in files]
        )

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        self.requests["head" if request.method == "HEAD" else "file"] += 1
        repository, commit, path = _repository(request), self._commit(request), request.match_info["path"]
        if commit is None:
            return self._unknown(repository)
        file = self._commits[repository][commit].get(path)
        if file is None:
            return _error(404, "EntryNotFound", "Entry not found")
        if repository in self._gated and request.headers.get("authorization") != f"Bearer {self.token}":
            status = 403 if "authorization" in request.headers else 401
            return _error(status, "GatedRepo", f"Access to model {repository} is restricted")
        headers = {"x-repo-commit": commit, "etag": f'"{file.etag}"'}
        if file.is_large:
            location = f"http://127.0.0.1:{self._content_port}/{repository}/{commit}/{path}"
            linked = {"x-linked-size": str(file.size), "x-linked-etag": headers.pop("etag"), "location": location}
            return web.Response(status=302, headers={**headers, **linked})
        if request.method == "HEAD":
            return web.Response(headers={**headers, "content-length": str(file.size)})
        return await self._send(request, path, file, headers)

    async def _content(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.leaked_tokens += "authorization" in request.headers
        file = self._commits[_repository(request)][request.match_info["revision"]][path]
        return await self._send(request, path, file, {"etag": f'"{file.etag}"'})

    async def _send(self, request: web.Request, path: str, file: _File, headers: dict[str, str]) -> web.StreamResponse:
        """The content from the byte that was asked for, unless something is to go wrong with it."""
        fault = self._next_fault(path)
        kind = fault.kind if fault is not None else None
        if kind in {"unavailable", "missing", "html"}:
            return _failed(kind)
        start = 0 if kind == "no_range" else request.http_range.start or 0
        self.ranges.append((path, request.http_range.start or 0))
        if start >= file.size > 0:
            return web.Response(status=416, headers={"content-range": f"bytes */{file.size}"})
        content = file.at.read_bytes()[start:]
        part, promised = _spoiled(content, kind)
        if start:
            headers["content-range"] = f"bytes {start}-{file.size - 1}/{file.size}"
        headers = {**headers, "content-length": str(promised), "accept-ranges": "bytes"}
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        await response.prepare(request)
        try:
            await self._write(response, path, part)
            if kind == "stall":
                await asyncio.sleep(3600)
        except ConnectionError:  # the client is gone
            return response
        if kind == "cut" and request.transport is not None:
            request.transport.close()
        return response

    async def _write(self, response: web.StreamResponse, path: str, part: bytes) -> None:
        for begin in range(0, len(part), _CHUNK):
            chunk = part[begin : begin + _CHUNK]
            await response.write(chunk)
            self.sent[path] += len(chunk)
            if self.bytes_per_second is not None:
                await asyncio.sleep(len(chunk) / self.bytes_per_second)

    def _commit(self, request: web.Request) -> str | None:
        """The commit that is asked for; None where there is none."""
        commits = self._commits.get(_repository(request), {})
        revision = request.match_info.get("revision", "main")
        if revision == "main":
            return next(reversed(commits), None)
        return revision if revision in commits else None

    def _unknown(self, repository: str) -> web.Response:
        if repository in self._commits:
            return _error(404, "RevisionNotFound", "Invalid rev id")
        return _error(401, "RepoNotFound", "Repository not found")

    def _next_fault(self, path: str) -> HubFault | None:
        for number, fault in enumerate(self.faults):
            if path == fault.path or (path != "*" and path.endswith(fault.path)):
                if fault.times > 1:
                    self.faults[number] = fault.model_copy(update={"times": fault.times - 1})
                else:
                    del self.faults[number]
                return fault
        return None


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _described(path: Path) -> _File:
    content = path.read_bytes()
    git_hash = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return _File(at=path, size=len(content), sha256=hash_file(path), git_hash=git_hash)


def _facts(file: _File) -> dict[str, Any]:
    """What a listing says of a file."""
    facts: dict[str, Any] = {"blobId": file.git_hash, "size": file.size}
    if file.is_large:
        facts["lfs"] = {"sha256": file.sha256, "oid": file.sha256, "size": file.size, "pointerSize": 134}
    return facts


def _spoiled(content: bytes, kind: HubFaultKind | None) -> tuple[bytes, int]:
    """What is sent, and the length that is told beforehand."""
    half = content[: len(content) // 2]
    match kind:
        case "cut" | "stall":
            return half, len(content)
        case "truncated":
            return half, len(half)
        case "too_long":
            return content + half, len(content) + len(half)
        case "garbage":
            return bytes(byte ^ 1 for byte in content), len(content)
        case _:
            return content, len(content)


def _failed(kind: HubFaultKind | None) -> web.Response:
    match kind:
        case "unavailable":
            return web.Response(status=503, text="Service Unavailable")
        case "missing":
            return _error(404, "EntryNotFound", "Entry not found")
        case _:
            return web.Response(text="<html><body>Please log in</body></html>", content_type="text/html")


def _error(status: int, code: str, message: str) -> web.Response:
    headers = {"x-error-code": code, "x-error-message": message}
    return web.json_response({"error": message}, status=status, headers=headers)


def _repository(request: web.Request) -> str:
    return f"{request.match_info['owner']}/{request.match_info['name']}"
