"""VMAF: Netflix's perceptual full-reference measure, computed by the ffmpeg that the package imageio-ffmpeg brings.

It runs as a command of its own, which holds none of this process's secrets and is killed when it takes too long.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

from vmevalkit.errors import MissingExtraError, TimedOutError, UnscorableError
from vmevalkit.media.container import StrPath
from vmevalkit.media.sandbox import DecodeLimits

if sys.platform == "linux":
    import resource

MODEL = "vmaf_v0.6.1"
"""The model that is built into libvmaf; it assumes a 1080p screen."""

_THREADS = min(8, os.cpu_count() or 1)
_LOG, _COMPLAINTS = "vmaf.json", "complaints.txt"
_READING = (
    *("-protocol_whitelist", "file", "-format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,gif"),
    *("-threads", str(_THREADS)),
)
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")  # some machines find no libraries without them
_OWN_MB = 1024  # address space of its code and of the stacks of its threads
_ASKING_SECONDS = 60.0
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")


@dataclass(frozen=True)
class VmafValues:
    """What libvmaf found."""

    values: tuple[float, ...]
    """VMAF of each pair of frames, 0 to 100."""
    harmonic_mean: float
    """Their harmonic mean, as libvmaf computes it."""


def measure_vmaf(
    video: StrPath,
    reference: StrPath,
    *,
    scale: tuple[int, int, str] | None = None,
    limits: DecodeLimits | None = None,
) -> VmafValues:
    """VMAF of a video against a reference, frame by frame from the start until the shorter one ends.

    Frames are paired by their number, whatever the files' rates. `scale` is the width, the height and the name of
    ffmpeg's scaler that bring the video to the size of the reference; both must have one size otherwise. The limits
    are those of the settings when None.
    Raises MissingExtraError, TimedOutError, and UnscorableError where ffmpeg cannot read the files.
    """
    limits = limits or DecodeLimits.from_settings()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        arguments = [*_reading(video), *_reading(reference), "-lavfi", _graph(scale), "-f", "null", "-"]
        code = _run_ffmpeg(arguments, place, limits)
        if code != 0:
            _fail(_last_line(place / _COMPLAINTS) or f"it ended with code {code}")
        return _read_log(place / _LOG)


@cache
def ffmpeg_version() -> str:
    """Version of the ffmpeg that measures; raises MissingExtraError where there is none, or none with libvmaf."""
    ffmpeg = find_ffmpeg()
    told = [_ask(ffmpeg, "-version"), _ask(ffmpeg, "-h", "filter=libvmaf")]
    if "Filter libvmaf" not in told[1]:
        raise _missing(f"The ffmpeg at {ffmpeg} has no filter libvmaf")
    return told[0].split()[2]


def _reading(path: StrPath) -> list[str]:
    return [*_READING, "-i", f"file:{Path(path).absolute()}"]


def _graph(scale: tuple[int, int, str] | None) -> str:
    """The filter graph. Nothing that came from outside is in it but numbers and the scaler's name."""
    scaled = f",scale={scale[0]}:{scale[1]}:flags={scale[2]}" if scale else ""
    numbered = "settb=1/24,setpts=N"  # so that frames meet by number
    measured = f"libvmaf=log_fmt=json:log_path={_LOG}:shortest=1:n_threads={_THREADS}"
    return f"[0:V:0]{numbered}{scaled}[video];[1:V:0]{numbered}[reference];[video][reference]{measured}"


def _run_ffmpeg(arguments: list[str], folder: Path, limits: DecodeLimits) -> int:
    """The exit code of ffmpeg; its complaints are in the folder."""
    processor_seconds = math.ceil(limits.timeout_seconds * (_THREADS + 1))  # ends it when this process cannot
    command = [find_ffmpeg(), "-nostdin", "-hide_banner", "-v", "error", "-timelimit", str(processor_seconds)]
    with (
        (folder / _COMPLAINTS).open("wb") as complaints,
        subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            cwd=folder,
            env=_environment(),
        ) as process,
    ):
        try:
            _limit_memory(process.pid, limits.memory_mb)
            return process.wait(limits.timeout_seconds)
        except subprocess.TimeoutExpired as error:
            raise TimedOutError(
                f"Measuring VMAF took longer than {limits.timeout_seconds:g} seconds",
                next_step="Raise VMEVALKIT_DECODE_TIMEOUT_SECONDS, or leave out the metric vmaf",
            ) from error
        finally:
            process.kill()


def _limit_memory(process: int, mebibytes: int) -> None:
    if sys.platform == "linux":
        limit = (mebibytes + _OWN_MB) * 2**20
        with suppress(OSError):  # it may have ended
            resource.prlimit(process, resource.RLIMIT_AS, (limit, limit))


def _read_log(path: Path) -> VmafValues:
    try:
        log = json.loads(path.read_bytes())
        values = tuple(float(frame["metrics"]["vmaf"]) for frame in log["frames"])
        return VmafValues(values, float(log["pooled_metrics"]["vmaf"]["harmonic_mean"]))
    except (OSError, ValueError, KeyError, TypeError):
        _fail("it wrote no result")


def _last_line(path: Path) -> str:
    lines = path.read_bytes()[-2000:].decode(errors="replace").split("\n")
    return next((_ADDRESS.sub("", line).strip() for line in reversed(lines) if line.strip()), "")


def _fail(reason: str) -> NoReturn:
    raise UnscorableError(
        f"ffmpeg could not measure VMAF: {reason}", expected="two videos that ffmpeg reads", at_fault="video"
    )


def find_ffmpeg() -> str:
    """Where ffmpeg is; raises MissingExtraError."""
    try:
        import imageio_ffmpeg  # type: ignore[import-untyped]

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise _missing(f"VMAF needs the ffmpeg of imageio-ffmpeg: {error}") from error


def _missing(given: str) -> MissingExtraError:
    return MissingExtraError(
        given,
        expected="imageio-ffmpeg with an ffmpeg that has libvmaf",
        next_step="Install it: pip install 'vmevalkit[vmaf]'",
        extra="vmaf",
    )


def _ask(ffmpeg: str, *question: str) -> str:
    command = [ffmpeg, "-nostdin", "-hide_banner", *question]
    try:
        answer = subprocess.run(
            command, capture_output=True, timeout=_ASKING_SECONDS, check=False, env=_environment(), cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _missing(f"The ffmpeg at {ffmpeg} does not run: {error}") from error
    return answer.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    return {"MALLOC_ARENA_MAX": "2"} | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
