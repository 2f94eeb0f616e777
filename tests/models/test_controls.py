from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vmevalkit.media.decode import decode
from vmevalkit.media.probe import probe
from vmevalkit.models.base import checked_result
from vmevalkit.models.controls import ControlWrapper

Picture = Callable[..., Path]


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    def make(name: str, color: str = "red", size: tuple[int, int] = (64, 48)) -> Path:
        Image.new("RGB", size, color).save(tmp_path / name)
        return tmp_path / name

    return make


def _pixels(path: str | None) -> list[np.ndarray]:
    assert path is not None
    return [frame.pixels.astype(int) for frame in decode(Path(path))]


def test_still_holds_the_first_frame(picture: Picture, tmp_path: Path) -> None:
    result = checked_result(ControlWrapper("still", tmp_path).generate(picture("first.png"), "Go", duration=2.0))
    info = probe(Path(str(result["video_path"])))
    assert (info.frame_count, info.width, info.height, info.codec) == (48, 64, 48, "h264")
    assert all(abs(frame - [254, 0, 0]).max() <= 6 for frame in _pixels(result["video_path"]))


def test_crossfade_goes_from_first_to_final(picture: Picture, tmp_path: Path) -> None:
    final = picture("final.png", "blue")
    wrapper = ControlWrapper("crossfade", tmp_path)
    result = checked_result(wrapper.generate(picture("first.png"), "Go", duration=1.0, final_frame=final))
    red = [frame[..., 0].mean() for frame in _pixels(result["video_path"])]
    assert red[0] > 248
    assert red[-1] < 8
    assert abs(red[len(red) // 2] - 127) < 12


def test_crossfade_records_that_it_resized_the_final_frame(picture: Picture, tmp_path: Path) -> None:
    final = picture("final.png", "blue", (32, 32))
    result = ControlWrapper("crossfade", tmp_path).generate(picture("first.png"), "Go", 0.5, final_frame=final)
    (transform,) = result["metadata"]["input_transforms"]
    assert (transform["target"], transform["after"]) == ("final_frame", {"width": 64, "height": 48})


def test_odd_sizes_are_padded_and_recorded(picture: Picture, tmp_path: Path) -> None:
    result = ControlWrapper("still", tmp_path).generate(picture("first.png", size=(63, 47)), "Go", 0.5)
    (transform,) = result["metadata"]["input_transforms"]
    assert transform["operation"] == "pad"
    assert probe(Path(str(result["video_path"]))).width == 64


def test_oracle_is_the_ground_truth_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "truth.mp4").write_bytes(b"truth")
    result = ControlWrapper("oracle", tmp_path).generate("f.png", "Go", ground_truth=tmp_path / "truth.mp4")
    assert Path(str(result["video_path"])).read_bytes() == b"truth"


@pytest.mark.parametrize(("model", "file"), [("crossfade", "final_frame.png"), ("oracle", "ground_truth.mp4")])
def test_control_whose_file_the_task_lacks_says_so(picture: Picture, tmp_path: Path, model: str, file: str) -> None:
    result = checked_result(ControlWrapper(model, tmp_path).generate(picture("first.png"), "Go"))
    assert not result["success"]
    assert f"The task has no {file}" in str(result["error"])


def test_equal_requests_give_equal_files(picture: Picture, tmp_path: Path) -> None:
    first = picture("first.png")
    paths = [ControlWrapper("still", tmp_path).generate(first, "Go", 0.5, f"{n}.mp4")["video_path"] for n in range(2)]
    assert Path(str(paths[0])).read_bytes() == Path(str(paths[1])).read_bytes()
