"""The worker runs in a process of its own, on a stand-in for the vendor's code: see vendor/README.md.

What is real here: the worker, its launcher, the protocol, torch and its launcher for several GPUs, and the plan. The
stand-in's parser has exactly the flags and choices of the vendor's, and exits with code 2 for any other.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from vmevalkit.errors import InsufficientMemoryError, InvalidRequestError, ModelFailedError, WorkerCrashedError
from vmevalkit.models.base import Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.morphic_inference import MorphicService
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.records.recipe import TimeLimits

VENDOR = Path(__file__).parent / "vendor"
KEY = "morphic-frames-to-video"
LORA = "lora_interpolation_high_noise_final.safetensors"
PARAMETERS = {"steps": 2, "guidance": 3.5, "flow_shift": 5.0, "long_prompt": "refuse"}
Plans = Callable[..., VideoPlan]


class Studio:
    """A worker that has loaded the stand-in, and what it is asked with."""

    def __init__(self, folder: Path, gpus: int) -> None:
        self.folder, self.tree, self.gpus = folder, folder / "tree", gpus
        self.steps: list[tuple[int, int]] = []
        shutil.copytree(VENDOR / "morphic", self.tree)
        _write_weights(folder / "base")
        (folder / LORA).touch()
        self.process = self.start()

    def start(self) -> WorkerProcess:
        limits = TimeLimits(start=60, load=60, generate=60)
        process = WorkerProcess(Path(sys.executable), "morphic", [CPU], limits)
        process.load(self.order(self.gpus))
        return process

    def order(self, gpus: int, lora: Path | None = None) -> LoadOrder:
        weights = {"model": str(self.folder / "base"), "lora": str(lora or self.folder)}
        return LoadOrder(weights, "cpu", gpus, source=str(self.tree))

    def make(self, prompt: str = "go", seed: int = 1) -> Made:
        for name, color in (("first", "red"), ("final", "blue")):
            Image.new("RGB", (832, 480), color).save(self.folder / f"{name}.png")
        self.steps.clear()
        request = VideoRequest(
            *(str(self.folder / "first.png"), prompt, 832, 480, 5, 16.0, seed, str(self.folder / "frames.npy")),
            final_image_path=str(self.folder / "final.png"),
            parameters=PARAMETERS,
        )
        return self.process.generate(request, lambda step, of: self.steps.append((step, of)))

    def frames(self, seed: int) -> Any:
        self.make(seed=seed)
        return np.load(self.folder / "frames.npy")

    @property
    def calls(self) -> list[dict[str, Any]]:
        path = self.tree / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _write_weights(folder: Path) -> None:
    """Files where the vendor's code looks for them; only the tokenizer is one: a token for every word, and the end."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: PLC0415 (not where it is missing)

    for name in ("high_noise_model", "low_noise_model", "google/umt5-xxl"):
        (folder / name).mkdir(parents=True)
    for name in ("models_t5_umt5-xxl-enc-bf16.pth", "Wan2.1_VAE.pth"):
        (folder / name).touch()
    tokenizer = Tokenizer(models.WordLevel({"</s>": 0, "?": 1}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 0)])
    tokenizer.save(str(folder / "google" / "umt5-xxl" / "tokenizer.json"))


@pytest.fixture(scope="module")
def open_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Studio]]:
    if missing := [name for name in ("torch", "tokenizers") if find_spec(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    made: list[Studio] = []

    def opened(gpus: int) -> Studio:
        made.append(Studio(tmp_path_factory.mktemp("morphic"), gpus))
        return made[-1]

    yield opened
    for each in made:
        each.process.kill()


@pytest.fixture(scope="module")
def studio(open_studio: Callable[[int], Studio]) -> Studio:
    return open_studio(1)


@pytest.fixture
def plan(tmp_path: Path) -> Plans:
    picture = tmp_path / "first.png"
    Image.new("RGB", (900, 500), "red").save(picture)

    def planned(**given: Any) -> VideoPlan:
        parameters = {"final_frame": picture, **given}
        request = Request(picture, "go", tmp_path / "video.mp4", None, parameters)
        return MorphicService(catalog().get(KEY), WorkerPool([CPU])).plan(request)

    return planned


def test_both_pictures_are_fitted_to_the_size_closest_in_shape(plan: Plans) -> None:
    made = plan()
    assert (made.size, made.frames, made.fps) == ((1280, 720), 81, 16)
    assert {name: picture.size for name, picture in made.pictures.items()} == dict.fromkeys(
        ("first_frame", "final_frame"), (1280, 720)
    )


@pytest.mark.parametrize(
    "asked", [{"final_frame": None}, {"frames": 80}, {"size": "1024x704"}, {"seed": -1}, {"seed": 2**63}]
)
def test_what_it_cannot_make_is_refused_before_loading(plan: Plans, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        plan(**asked)


def test_it_takes_all_gpus_and_needs_the_final_frame() -> None:
    model = catalog().get(KEY)
    recipe, environment = recipe_of(model)
    assert recipe.spreads
    assert recipe.final_frame_required
    assert "final_frame" in model.capabilities
    assert set(recipe.weights) == {"model", "lora"}
    assert not any(line.startswith("flash") for line in environment.lock)


def test_the_video_goes_from_one_picture_to_the_other_in_the_size_asked_for(studio: Studio) -> None:
    made, frames = studio.make(), np.load(studio.folder / "frames.npy")
    # without help the vendor's arithmetic makes it 464 high
    assert (made.frames, made.width, made.height) == (5, 832, 480)
    assert frames.shape == (5, 480, 832, 3)
    assert abs(frames[0].mean((0, 1)) - (255, 0, 0)).max() < 4
    assert abs(frames[-1].mean((0, 1)) - (0, 0, 255)).max() < 4
    assert studio.steps == [(1, 2), (2, 2)]


def test_the_script_is_run_with_the_flags_of_its_parser(studio: Studio) -> None:
    effective = studio.make("--go", seed=12).effective
    expected = {
        "task": "i2v-A14B",
        "size": "832*480",
        "frame_num": 5,
        "ckpt_dir": str(studio.folder / "base"),
        "high_noise_lora_weights_path": str(studio.folder / LORA),
        "image": str(studio.folder / "first.png"),
        "img_end": str(studio.folder / "final.png"),
        "prompt": "--go",
        "base_seed": 12,
        "sample_steps": 2,
        "sample_shift": 5.0,
        "sample_guide_scale": 3.5,
        "save_file": str(studio.folder / "frames.npy"),
        "offload_model": True,
        "convert_model_dtype": True,
        "dit_fsdp": False,
        "ulysses_size": 1,
        "sample_solver": "unipc",
    }
    assert {name: studio.calls[-1][name] for name in expected} == expected
    assert (effective["base_seed"], effective["prompt_tokens"]) == (12, 3)


def test_a_seed_makes_the_same_video_again_and_another_one_another(studio: Studio) -> None:
    first, again, other = studio.frames(5), studio.frames(5), studio.frames(6)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_script_that_ends_early_is_an_error_with_its_last_lines(studio: Studio) -> None:
    with pytest.raises(ModelFailedError, match=r"exited with code 3: .*this is the last line"):
        studio.make("leave")


def test_a_prompt_of_more_than_512_tokens_is_refused_before_the_script_is_run(studio: Studio) -> None:
    runs = len(studio.calls)
    with pytest.raises(InvalidRequestError, match="513 tokens"):
        studio.make("go " * 512)
    assert len(studio.calls) == runs


def test_missing_files_are_named_when_it_loads(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(ModelFailedError, match=f"{LORA} not there"):
        studio.process.load(studio.order(1, lora=tmp_path))


def test_a_number_of_gpus_that_cannot_share_the_work_is_refused(studio: Studio) -> None:
    with pytest.raises(InvalidRequestError, match="3 GPUs were given"):
        studio.process.load(studio.order(3))


def test_memory_that_runs_out_in_the_script_is_an_error_of_its_own(studio: Studio) -> None:
    with pytest.raises(InsufficientMemoryError, match="Tried to allocate 57 GiB"):
        studio.make("explode")
    studio.process = studio.start()  # such an error ends the worker


@pytest.fixture(scope="module")
def pair(open_studio: Callable[[int], Studio]) -> Studio:
    return open_studio(2)


def test_on_several_gpus_torch_runs_the_script_once_for_each(pair: Studio) -> None:
    assert pair.make().frames == 5
    assert pair.steps == [(1, 2), (2, 2)]
    told = {call["rank"]: (call["ulysses_size"], call["dit_fsdp"], call["t5_fsdp"]) for call in pair.calls}
    assert told == dict.fromkeys((0, 1), (2, True, True))
    assert not any(call["convert_model_dtype"] or call["offload_model"] for call in pair.calls)


def test_on_several_gpus_all_end_with_the_worker(pair: Studio) -> None:
    with ThreadPoolExecutor() as threads:
        made = threads.submit(pair.make, "hang")
        _wait_until(lambda: [call["prompt"] for call in pair.calls].count("hang") == 2)
        pair.process.kill()
        assert isinstance(made.exception(), WorkerCrashedError)
    processes = [call["process"] for call in pair.calls if call["prompt"] == "hang"]
    _wait_until(lambda: not any(map(_runs, processes)))


def _runs(process: int) -> bool:
    return psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE


def _wait_until(holds: Callable[[], bool]) -> None:
    end = monotonic() + 30
    while not holds():
        assert monotonic() < end
        sleep(0.05)
