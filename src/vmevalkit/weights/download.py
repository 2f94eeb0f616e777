"""Downloading the files of a plan: several at once, each continued where it was cut, and none taken unchecked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

from vmevalkit.atomic import sync_file
from vmevalkit.errors import InstallFailedError
from vmevalkit.hashes import hash_file
from vmevalkit.records.weights import WeightFile, WeightSource
from vmevalkit.retry import RetryPolicy
from vmevalkit.weights.check import fault_of_file, fault_of_parts
from vmevalkit.weights.hub_client import HubClient, is_passing
from vmevalkit.weights.parts import is_telling
from vmevalkit.weights.plan import PlannedFile, WeightPlan
from vmevalkit.weights.shelf import WeightShelf

OnProgress = Callable[[int, int], None]
"""Called with the bytes that are done and the bytes there are in all, in the thread that asked for the work."""

_AT_ONCE = 4
_CHUNK = 2**20
_TICK_SECONDS = 0.2
_TRIES = RetryPolicy(attempts=5, first_wait_seconds=1, longest_wait_seconds=8)


class _Stopped(Exception):  # noqa: N818 (no error: another file failed, or the user wants no more)
    """The download is to end."""


class Download:
    """The files of a plan on their way into the shelf."""

    def __init__(self, source: WeightSource, plan: WeightPlan, shelf: WeightShelf, client: HubClient) -> None:
        self._source, self._plan, self._client = source, plan, client
        self._folder, self._partial = shelf.folder_of(source), shelf.partial_folder_of(source)
        self._headers = client.headers()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._done = 0

    def run(self, on_progress: OnProgress) -> list[WeightFile]:
        """Bring all files; they come back with their hashes. What has arrived is kept, however this ends.

        Those that name others come first, so that what the hub lacks is known before gigabytes are fetched.
        """
        telling = [file for file in self._plan.files if is_telling(file.path)]
        others = [file for file in self._plan.files if not is_telling(file.path)]
        self._partial.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="weights") as pool:
            try:
                arrived = self._bring_all(telling, pool, on_progress)
                self._check_parts()
                return arrived + self._bring_all(others, pool, on_progress)
            finally:
                self._stop.set()
                pool.shutdown(wait=True, cancel_futures=True)

    def _bring_all(
        self, files: Sequence[PlannedFile], pool: ThreadPoolExecutor, on_progress: OnProgress
    ) -> list[WeightFile]:
        bringing = [pool.submit(self._bring, file) for file in files]
        left = set(bringing)
        while left:
            ended, left = wait(left, timeout=_TICK_SECONDS, return_when=FIRST_EXCEPTION)
            for future in ended:
                future.result()
            on_progress(self._done, self._plan.bytes)
        return [future.result() for future in bringing]

    def _check_parts(self) -> None:
        names = [file.path for file in self._plan.files]
        if (fault := fault_of_parts(self._source, self._folder, names)) is not None:
            step = self._client.entry_step(self._plan.repository, self._plan.revision)
            raise fault.as_error(self._source.repository, step)

    def _bring(self, file: PlannedFile) -> WeightFile:
        """One file, in place and checked against what the hub says of it."""
        path, partial = self._folder / file.path, self._partial / file.partial_name
        if (here := _checked(path, file)) is not None:
            self._count(file.bytes)
            return here
        arrived = self._arrive(partial, file) if partial.is_file() else None
        arrived = arrived or self._arrive(partial, file)  # what an earlier process left may have been damaged
        if arrived is None:
            raise self._wrong(f"The content of {file.path} that arrived does not have the hash that the hub tells")
        sync_file(partial)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(path)
        if (fault := fault_of_file(self._source.repository, self._folder, arrived)) is not None:
            raise fault.as_error(self._source.repository, "Report it to its owner, or pin another revision")
        return arrived

    def _arrive(self, partial: Path, file: PlannedFile) -> WeightFile | None:
        """The partial file once it is whole; None, without it, where its content is not the right one."""
        self._fill(partial, file)
        arrived = _checked(partial, file)
        if arrived is None:
            partial.unlink()
            self._count(-file.bytes)
        return arrived

    def _fill(self, partial: Path, file: PlannedFile) -> None:
        """Make the partial file as long as it must be, trying again while that helps."""
        url = self._client.address_of(self._plan.repository, self._plan.revision, file.path)
        with partial.open("ab") as stream:
            if stream.tell() > file.bytes:
                _empty(stream)
            self._count(stream.tell())
            failed = 0
            while stream.tell() < file.bytes:
                before = stream.tell()
                try:
                    self._append(url, stream, file)
                except Exception as error:  # their types depend on the version of the hub's library
                    failed = 1 if stream.tell() > before else failed + 1
                    if not is_passing(error) or failed == _TRIES.attempts:
                        raise
                    self._stop.wait(_TRIES.wait(failed))

    def _append(self, url: str, stream: BinaryIO, file: PlannedFile) -> None:
        """Add what is missing, or as much of it as comes."""
        from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]

        start = stream.tell()
        headers = {**self._headers, **({"range": f"bytes={start}-"} if start else {})}
        with self._client.session().stream("GET", url, headers=headers, timeout=self._client.timeout) as response:
            hf_raise_for_status(response)
            if start and response.status_code != 206:  # not every mirror continues
                self._count(-start)
                _empty(stream)
            for chunk in response.iter_raw(_CHUNK):
                stream.write(chunk)
                self._count(len(chunk))
                if stream.tell() > file.bytes:
                    _empty(stream)
                    raise self._wrong(f"More than the {file.bytes} bytes of {file.path} arrived")
        arrived = stream.tell()
        if arrived < file.bytes and (response.status_code != 206 or arrived == start):  # no part of it, then
            _empty(stream)
            raise self._wrong(f"{file.path} ended after {arrived} of {file.bytes} bytes")

    def _count(self, size: int) -> None:
        if self._stop.is_set():
            raise _Stopped
        with self._lock:
            self._done += size

    def _wrong(self, given: str) -> InstallFailedError:
        return InstallFailedError(
            f"{given}, from {self._client.shown}/{self._plan.repository}",
            expected=f"the file as it is listed at revision {self._plan.revision}",
            next_step="Run the same command again; if it stays so, check the proxy, and the mirror in HF_ENDPOINT",
        )


def _empty(stream: BinaryIO) -> None:
    stream.seek(0)
    stream.truncate()


def _checked(path: Path, file: PlannedFile) -> WeightFile | None:
    """The file with its hash where `path` has the content the plan tells of; else None."""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return None
    sha256 = hash_file(path)
    right = sha256 == file.sha256 if file.sha256 is not None else _git_hash(path) == file.git_hash
    return WeightFile(path=file.path, bytes=file.bytes, sha256=sha256) if right else None


def _git_hash(path: Path) -> str:
    """The hash that git gives a file: of a few megabytes at most, since larger ones come with another."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
