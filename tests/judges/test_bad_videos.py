"""Every judge, faced with everything that can be wrong with a video."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from av.video.stream import VideoStream
from PIL import Image

from vmevalkit.judges.base import Judge
from vmevalkit.media.encode import encode, encode_timed
from vmevalkit.records.verdict import Exhibit, Verdict
from vmevalkit.runner.judges import load_judge
from vmevalkit.tasks.domain_registry import load_domain
from vmevalkit.tasks.domains.base import Puzzle

Frames = Sequence[Image.Image]


@pytest.fixture(scope="module")
def puzzle() -> Puzzle:
    return load_domain("maze").generate(Random(5), "easy")


@pytest.fixture(scope="module")
def solution(puzzle: Puzzle) -> Frames:
    return list(puzzle.solution_frames())


@pytest.fixture(params=["rules", "goal_frame"])
def judge(request: pytest.FixtureRequest) -> Judge:
    return load_judge(request.param)


@pytest.fixture
def exhibit(tmp_path: Path, puzzle: Puzzle) -> Exhibit:
    puzzle.first_frame.save(tmp_path / "first_frame.png")
    puzzle.final_frame.save(tmp_path / "final_frame.png")
    return Exhibit(
        domain="maze",
        task_id="maze_0000",
        prompt=puzzle.prompt,
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first_frame.png",
        final_frame=tmp_path / "final_frame.png",
        metadata={"details": puzzle.details},
    )


def black(path: Path, solution: Frames) -> None:
    encode([Image.new("RGB", solution[0].size)] * 12, path, 24)


def one_frame(path: Path, solution: Frames) -> None:
    encode(solution[:1], path, 24)


def lying_on_its_side(path: Path, solution: Frames) -> None:
    encode([frame.rotate(90) for frame in solution], path, 24)


def truncated(path: Path, solution: Frames) -> None:
    encode(solution, path, 24)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def corrupt(path: Path, solution: Frames) -> None:
    encode(solution, path, 24)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)


def audio_only(path: Path, solution: Frames) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        frame.rate = 44100
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def empty(path: Path, solution: Frames) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "outcome"),
    [
        (black, "unparsed"),
        (one_frame, "unparsed"),
        (lying_on_its_side, "unparsed"),
        (truncated, "failed"),
        (corrupt, "failed"),
        (audio_only, "failed"),
        (empty, "failed"),
    ],
)
def test_a_video_that_cannot_be_judged_is_unscored_with_a_reason(
    judge: Judge, exhibit: Exhibit, solution: Frames, spoil: Callable[[Path, Frames], None], outcome: str
) -> None:
    spoil(exhibit.video, solution)
    verdict = judge.judge(exhibit).verdict
    assert (verdict.outcome, verdict.solved, verdict.score, verdict.at_fault) == (outcome, None, None, "video")
    assert "Expected" in verdict.reason


def test_a_frozen_video_solves_nothing(judge: Judge, exhibit: Exhibit, solution: Frames) -> None:
    encode([solution[0]] * 48, exhibit.video, 24)
    verdict = judge.judge(exhibit).verdict
    assert (verdict.outcome, verdict.solved, verdict.score) == ("answered", False, 0)


def wide(path: Path, solution: Frames) -> None:
    """Bars on both sides."""
    frames = []
    for frame in solution:
        canvas = Image.new("RGB", (640, 360))
        canvas.paste(frame.resize((360, 360)), (140, 0))
        frames.append(canvas)
    encode(frames, path, 24)


def small(path: Path, solution: Frames) -> None:
    encode([frame.resize((256, 256)) for frame in solution], path, 24)


def stretched(path: Path, solution: Frames) -> None:
    encode([frame.resize((640, 400)) for frame in solution], path, 24)


def rotated_for_display(path: Path, solution: Frames) -> None:
    """Stored on its side, with the note that players turn it back by."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = solution[0].size
        stream.pix_fmt = "yuv420p"
        stream.set_display_rotation(90)
        for frame in solution:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(frame.rotate(-90)), "rgb24")))
        output.mux(stream.encode())


def unevenly_timed(path: Path, solution: Frames) -> None:
    ticks = [number * 40 + (17 if number % 3 else 0) for number in range(len(solution))]
    encode_timed(zip(ticks, solution, strict=True), path, rate=Fraction(25), time_base=Fraction(1, 1000))


@pytest.mark.parametrize("write", [wide, small, stretched, rotated_for_display, unevenly_timed])
def test_an_odd_but_sound_video_is_judged_by_what_it_shows(
    judge: Judge, exhibit: Exhibit, solution: Frames, write: Callable[[Path, Frames], None]
) -> None:
    write(exhibit.video, solution)
    verdict: Verdict = judge.judge(exhibit).verdict
    assert verdict.solved, verdict.reason
