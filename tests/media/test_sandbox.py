from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from vmevalkit.errors import (
    InsufficientMemoryError,
    InvalidRequestError,
    MissingImageError,
    TimedOutError,
    UnknownNameError,
    UnreadableVideoError,
    VmevalkitError,
)
from vmevalkit.media.decode import decode
from vmevalkit.media.probe import probe
from vmevalkit.media.sample import select_frames
from vmevalkit.media.sandbox import DecodeLimits, isolated_decode, isolated_probe, isolated_select_frames
from vmevalkit.media.sandbox_messages import Fault
from vmevalkit.settings import get_settings

MakeClip = Callable[..., Path]
ROOMY = DecodeLimits(timeout_seconds=30, memory_mb=1024)


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "vmevalkit.media.sandbox_worker" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it has just ended
        return False


def wait_for_reader(pipe: Path) -> int:
    """The pipe opened for writing, once somebody has opened it for reading."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.01)
    raise AssertionError("nobody reads")


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A pipe that nobody writes to: whoever opens it waits for ever."""
    path = tmp_path / "endless.mp4"
    os.mkfifo(path)
    return path


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A few kilobytes that decode to pictures of 4096 × 4096 pixels."""
    path = tmp_path / "bomb.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24, options={"preset": "ultrafast", "threads": "1"})
        stream.width = stream.height = 4096
        frame = av.VideoFrame(4096, 4096, "yuv420p")
        for index in range(3):
            frame.pts = index
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def test_answers_are_those_of_the_functions_themselves(make_clip: MakeClip) -> None:
    path = make_clip()
    assert isolated_probe(path, ROOMY) == probe(path)
    isolated = isolated_select_frames(path, 5, size=(32, 32), limits=ROOMY)
    direct = select_frames(path, 5, size=(32, 32))
    assert np.array_equal(isolated.frames, direct.frames)
    assert isolated.meta == direct.meta


def test_relative_paths_and_lists_of_images_are_taken(
    make_clip: MakeClip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip("clip.mp4", 12)
    isolated_probe(tmp_path / "clip.mp4", ROOMY)
    monkeypatch.chdir(tmp_path)
    assert isolated_probe("clip.mp4", ROOMY).frame_count == 12
    with pytest.raises(MissingImageError, match=r"gone\.png"):
        isolated_select_frames(["gone.png"], limits=ROOMY)


def test_the_limits_of_the_settings_are_the_default(make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_DECODE_TIMEOUT_SECONDS", "7")
    get_settings.cache_clear()
    assert DecodeLimits.from_settings() == DecodeLimits(7, 4096)
    assert isolated_probe(make_clip(count=5)).frame_count == 5


@pytest.mark.parametrize(
    ("arguments", "kind", "fact"),
    [
        ({"strategy": "uniformly"}, UnknownNameError, "name"),
        ({"max_frames": 0}, InvalidRequestError, "field"),
        ({"strategy": "qwen", "max_frames": 99}, InvalidRequestError, "value"),
    ],
)
def test_errors_are_the_same_on_this_side(
    make_clip: MakeClip, arguments: dict[str, object], kind: type[VmevalkitError], fact: str
) -> None:
    path = make_clip(count=5)
    with pytest.raises(kind) as isolated:
        isolated_select_frames(path, limits=ROOMY, **arguments)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(kind) as direct:
        select_frames(path, **arguments)  # type: ignore[arg-type]
    assert str(isolated.value) == str(direct.value)
    assert getattr(isolated.value, fact) == getattr(direct.value, fact)


def test_an_unreadable_file_costs_no_worker(make_clip: MakeClip, tmp_path: Path) -> None:
    isolated_probe(make_clip(), ROOMY)
    before = {worker.pid for worker in workers()}
    with pytest.raises(UnreadableVideoError, match="does not exist") as caught:
        isolated_probe(tmp_path / "gone.mp4", ROOMY)
    assert caught.value.path == str(tmp_path / "gone.mp4")
    assert {worker.pid for worker in workers()} == before


def test_a_file_that_hangs_is_given_up_and_the_next_one_works(make_clip: MakeClip, endless: Path) -> None:
    with pytest.raises(TimedOutError, match=r"longer than 0\.3 seconds"):
        isolated_probe(endless, DecodeLimits(0.3, 1024))
    assert isolated_probe(make_clip(), ROOMY).frame_count == 48


def test_a_decoder_that_dies_is_told_as_the_fault_of_the_file(make_clip: MakeClip, endless: Path) -> None:
    isolated_probe(make_clip(), ROOMY)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(isolated_probe, endless, ROOMY)
        opened = wait_for_reader(endless)
        for worker in workers():
            worker.send_signal(signal.SIGSEGV)
        with pytest.raises(UnreadableVideoError, match=rf"crashed on it \(signal {int(signal.SIGSEGV)}\)"):
            waiting.result(timeout=10)
    os.close(opened)
    assert isolated_probe(make_clip(), ROOMY).frame_count == 48


def test_a_file_that_unfolds_to_more_than_the_limit_is_refused(bomb: Path, make_clip: MakeClip) -> None:
    limits = DecodeLimits(30, 40)
    with pytest.raises(InsufficientMemoryError, match="more memory"):
        isolated_select_frames(bomb, 3, limits=limits)
    assert isolated_probe(make_clip(), limits).frame_count == 48


def test_several_threads_are_served_at_once(make_clip: MakeClip, endless: Path) -> None:
    path = make_clip()
    with ThreadPoolExecutor(4) as pool:
        hanging = pool.submit(isolated_probe, endless, ROOMY)
        opened = wait_for_reader(endless)
        counts = list(pool.map(lambda _: isolated_probe(path, ROOMY).frame_count, range(6)))
        assert (counts, hanging.done()) == ([48] * 6, False)
        os.close(opened)  # which ends the wait
        with pytest.raises(UnreadableVideoError):
            hanging.result(timeout=10)


def test_the_child_sees_no_secret(make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMA_API_KEY", "secret")
    isolated_probe(make_clip(), DecodeLimits(30, 900))
    assert workers()
    assert all("LUMA_API_KEY" not in worker.environ() for worker in workers())


def test_a_forked_process_gets_a_worker_of_its_own(make_clip: MakeClip) -> None:
    path = make_clip()
    isolated_probe(path, ROOMY)
    child = os.fork()
    if child == 0:
        os._exit(0 if isolated_probe(path, ROOMY).frame_count == 48 and len(workers()) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert isolated_probe(path, ROOMY).frame_count == 48


def test_leaving_ends_the_children_without_a_warning(make_clip: MakeClip) -> None:
    script = f"""
from vmevalkit.media.sandbox import DecodeLimits, isolated_probe
import psutil
isolated_probe({str(make_clip())!r}, DecodeLimits(30, 1024))
print(psutil.Process().children()[0].pid)
"""
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert not psutil.pid_exists(int(result.stdout))


def test_an_orphaned_child_ends_by_itself(make_clip: MakeClip) -> None:
    script = f"""
from vmevalkit.media.sandbox import DecodeLimits, isolated_probe
import os, psutil
isolated_probe({str(make_clip())!r}, DecodeLimits(30, 1024))
print(psutil.Process().children()[0].pid, flush=True)
os.kill(os.getpid(), 9)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    child, deadline = int(result.stdout), time.monotonic() + 10
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_orphaned_child_ends_in_the_middle_of_its_work(endless: Path) -> None:
    script = f"""
from vmevalkit.media.sandbox import DecodeLimits, isolated_probe
isolated_probe({str(endless)!r}, DecodeLimits(60, 1024))
"""
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        opened = wait_for_reader(endless)
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
    deadline = time.monotonic() + 10
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.close(opened)


def test_there_are_never_more_children_than_cores(make_clip: MakeClip) -> None:
    path, most = make_clip(), max(2, os.cpu_count() or 1)

    def ask(number: int) -> int:
        isolated_probe(path, DecodeLimits(30, 1000 + number % 3))
        return len(workers())

    with ThreadPoolExecutor(3 * most) as pool:
        assert max(pool.map(ask, range(6 * most))) <= most


def test_waiting_for_a_free_child_is_not_counted_as_decoding(make_clip: MakeClip, tmp_path: Path) -> None:
    path, most = make_clip(), max(2, os.cpu_count() or 1)
    pipes = [tmp_path / f"{number}.mp4" for number in range(most)]
    for pipe in pipes:
        os.mkfifo(pipe)
    isolated_probe(path, ROOMY)
    with ThreadPoolExecutor(most + 1) as pool:
        hanging = [pool.submit(isolated_probe, pipe, DecodeLimits(2, 1024)) for pipe in pipes]
        opened = [wait_for_reader(pipe) for pipe in pipes]
        assert pool.submit(isolated_probe, path, DecodeLimits(1, 1024)).result().frame_count == 48
        assert all(isinstance(future.exception(), TimedOutError) for future in hanging)
    for descriptor in opened:
        os.close(descriptor)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(type="SystemExit", given="out"),
        Fault(type="VmevalkitError", given="unlisted"),
        Fault(type="UnreadableVideoError", given="x", facts={"exit_code": 0}),
    ],
)
def test_errors_and_attributes_off_the_list_are_not_believed(fault: Fault) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        fault.to_error()


@pytest.mark.parametrize(("size", "first"), [(None, None), ((32, 48), None), (None, 5), (None, 99)])
def test_frames_come_one_by_one_as_they_are(uneven_clip: Path, size: tuple[int, int] | None, first: int | None) -> None:
    isolated = list(isolated_decode(uneven_clip, size, ROOMY, first=first))
    direct = list(decode(uneven_clip, size=size))[:first]
    assert [(frame.index, frame.timestamp_seconds) for frame in isolated] == [
        (frame.index, frame.timestamp_seconds) for frame in direct
    ]
    assert all(np.array_equal(one.pixels, two.pixels) for one, two in zip(isolated, direct, strict=True))


def test_a_stream_that_is_read_to_its_end_costs_no_worker(make_clip: MakeClip) -> None:
    path = make_clip()
    isolated_probe(path, ROOMY)
    before = {worker.pid for worker in workers()}
    assert sum(1 for _ in isolated_decode(path, limits=ROOMY)) == 48
    assert {worker.pid for worker in workers()} == before


def test_a_stream_that_is_left_early_does_no_harm(make_clip: MakeClip) -> None:
    path = make_clip(size=(640, 480))
    for _ in range(3):
        with closing(isolated_decode(path, limits=ROOMY)) as frames:
            assert next(frames).index == 0
    assert [frame.index for frame in isolated_decode(path, limits=ROOMY)] == list(range(48))
    assert len(workers()) <= max(2, os.cpu_count() or 1)


def test_many_streams_and_a_probe_do_not_wait_for_each_other(make_clip: MakeClip) -> None:
    path, most = make_clip(count=4), max(2, os.cpu_count() or 1)
    streams = [isolated_decode(path, limits=ROOMY) for _ in range(most + 1)]
    for _ in range(4):
        assert len({next(stream).index for stream in streams}) == 1
        assert isolated_probe(path, ROOMY).frame_count == 4
    assert [list(stream) for stream in streams] == [[]] * len(streams)
    assert len(workers()) <= most


def test_only_waiting_counts_against_the_time_limit(make_clip: MakeClip) -> None:
    read = 0
    for _ in isolated_decode(make_clip(count=6, size=(640, 480)), limits=DecodeLimits(1, 1024)):
        time.sleep(0.25)
        read += 1
    assert read == 6


def test_the_time_limit_is_for_all_frames_together(endless: Path, make_clip: MakeClip) -> None:
    with pytest.raises(TimedOutError, match=r"longer than 0\.3 seconds"):
        next(isolated_decode(endless, limits=DecodeLimits(0.3, 1024)))
    with pytest.raises(TimedOutError):
        list(isolated_decode(make_clip(count=2000), limits=DecodeLimits(0.02, 1024)))
    assert isolated_probe(make_clip(), ROOMY).frame_count == 48


def test_damage_is_told_when_it_is_reached_and_costs_no_worker(make_clip: MakeClip) -> None:
    path = make_clip("cut.mkv", options={"g": "12"})
    path.write_bytes(path.read_bytes()[:-2000])
    isolated_probe(make_clip(), ROOMY)
    before = {worker.pid for worker in workers()}
    with pytest.raises(UnreadableVideoError, match=r"cut\.mkv cannot be read") as caught:
        list(isolated_decode(path, limits=ROOMY))
    assert str(caught.value).count("frames were readable") == 1
    assert {worker.pid for worker in workers()} == before


def test_a_decoder_that_dies_in_a_stream_is_told_as_the_fault_of_the_file(make_clip: MakeClip) -> None:
    path = make_clip(size=(640, 480))
    frames = isolated_decode(path, limits=ROOMY)
    next(frames)
    for worker in workers():
        worker.kill()
    with pytest.raises(UnreadableVideoError, match=rf"crashed on it \(signal {int(signal.SIGKILL)}\)"):
        list(frames)
    assert isolated_probe(path, ROOMY).frame_count == 48


def test_a_stream_of_frames_larger_than_the_limit_is_refused(bomb: Path, make_clip: MakeClip) -> None:
    with pytest.raises(InsufficientMemoryError, match="more memory"):
        next(isolated_decode(bomb, limits=DecodeLimits(30, 40)))
    assert isolated_probe(make_clip(), DecodeLimits(30, 40)).frame_count == 48
