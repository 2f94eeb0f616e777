from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vmevalkit.errors import ProviderUnavailableError
from vmevalkit.media.encode import encode
from vmevalkit.models.base import Generation as Made
from vmevalkit.models.base import Request, ServiceWrapper
from vmevalkit.records.generation import GenerationJob, GenerationResult
from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.generation import Generation, Trail
from vmevalkit.store.layout import RunFolder

NOW = RetryPolicy(first_wait_seconds=0)


class Wrapper(ServiceWrapper):
    """A model whose behaviour its `model` id names."""

    calls = 0

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        super().__init__(model, output_dir, **kwargs)
        self.service = Service(self)

    def generate(self, *args: Any, **kwargs: Any) -> GenerationResult:
        result = super().generate(*args, **kwargs)
        if self.model in {"elsewhere", "link"}:
            cache = self.output_dir.parent.parent / "cache.mp4"
            Path(str(result["video_path"])).rename(cache)
            if self.model == "link":
                Path(str(result["video_path"])).symlink_to(cache)
            else:
                result["video_path"] = str(cache)
        if self.model == "strange":
            result["metadata"] = {"raw": b"\xff", "loop": [], "input_transforms": "none", "text": "\ud800"}
        if self.model == "cut":
            video = Path(str(result["video_path"]))
            video.write_bytes(video.read_bytes()[:-50])
        return result


class Service:
    def __init__(self, wrapper: Wrapper) -> None:
        self.wrapper = wrapper

    def generate(self, request: Request) -> Made:
        Wrapper.calls += 1
        if self.wrapper.model == "shaky" and Wrapper.calls < 3:
            raise ProviderUnavailableError("Down", provider="p", request_id=f"r{Wrapper.calls}")
        encode([Image.new("RGB", (32, 32), "red")] * 4, request.output_path, 8)
        return Made()


@pytest.fixture
def carry_out(tmp_path: Path) -> Any:
    """Asks the model of that behaviour for a video; the result and the trail come back."""
    Wrapper.calls = 0

    def run(behaviour: str) -> tuple[GenerationResult, Trail, RunFolder]:
        model = Model(
            key="m", family="f", wrapper=f"{__name__}:Wrapper", model=behaviour, description="d", kind="control"
        )
        folder, trail = RunFolder(tmp_path / "run"), Trail()
        folder.question_dir.mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(folder.question_dir / "first_frame.png")
        task = TaskPair(id="t", domain="d", prompt="Go", first_frame=folder.question_dir / "first_frame.png")
        job = GenerationJob(model="m", task=task, identity="i")
        return Generation(model, job, folder, trail, NOW).carry_out({}), trail, folder

    return run


def test_passing_fault_is_tried_again_and_every_try_is_kept(carry_out: Any) -> None:
    result, trail, _ = carry_out("shaky")
    assert result["success"]
    assert [attempt.failure and attempt.failure.request_id for attempt in trail.tries] == ["r1", "r2", None]


@pytest.mark.parametrize("behaviour", ["elsewhere", "link"])
def test_video_kept_elsewhere_is_copied_into_the_run(carry_out: Any, behaviour: str) -> None:
    result, trail, folder = carry_out(behaviour)
    video = Path(result["video_path"])
    assert trail.output.video_path == "video/generated_video.mp4"
    assert video.is_relative_to(folder.path)
    assert not video.is_symlink()
    assert (folder.path.parent / "cache.mp4").read_bytes() == video.read_bytes()


def test_strange_metadata_does_not_cost_the_video(carry_out: Any) -> None:
    result, trail, _ = carry_out("strange")
    assert result["success"]
    assert trail.transforms == []
    assert result["metadata"]["input_transforms"] == "none"


def test_cut_off_video_is_a_failure(carry_out: Any) -> None:
    result, trail, _ = carry_out("cut")
    assert not result["success"]
    assert trail.tries[-1].failure.type == "UnreadableVideoError"
    assert trail.output.video_path is None
