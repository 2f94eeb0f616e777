"""Rules of families that the recipe has no words for, and what on a GPU alone would happen: half types and tiles."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.cli.model_facts import facts
from vmevalkit.cli.open_facts import OPEN_COLUMNS, open_table
from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.environments.source import SourceShelf
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import catalog, find_models, parse_family
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest
from vmevalkit.weights.shelf import WeightShelf

Draws = Callable[[tuple[int, int]], Path]
Plans = Callable[..., VideoPlan]
Weights = Callable[[str], Path]

DISTILLED = "ltx-video-13b-distilled"
OPEN = [model for model in find_models(kind="open") if model.recipe is not None]
UNTRIED = "never yet with the real ones, nor on a GPU"

# What the vendors, or the documentation of diffusers, advise for each part.
HALF = {"text_encoder": "bfloat16", "transformer": "bfloat16", "vae": "bfloat16"}
WAN = {**HALF, "vae": "float32"}
WITH_PICTURE = {**WAN, "image_encoder": "float32"}
TYPES = {
    "tiny-svd": dict.fromkeys(["image_encoder", "unet", "vae"], "float16"),
    "tiny-ltx": HALF,
    "tiny-ltx-2": {**HALF, **dict.fromkeys(["audio_vae", "connectors", "vocoder"], "bfloat16")},
    "tiny-hunyuan": {**dict.fromkeys(["text_encoder", "text_encoder_2", "vae"], "float16"), "transformer": "bfloat16"},
    "tiny-cogvideox": HALF,
    "tiny-cogvideox1.5": HALF,
    "tiny-sana": WAN,
    "tiny-wan-2.1": WITH_PICTURE,
    "tiny-wan-2.1-flf2v": WITH_PICTURE,
    "tiny-wan-2.2-a14b": {**WAN, "transformer_2": "bfloat16"},
    "tiny-wan-2.2-ti2v": WAN,
    "tiny-wan-vace": WAN,
}
TILED = [key for key in TYPES if key != "tiny-svd"]

# Each job is loaded as on a GPU, with parts that take turns, but left where it is. What its decoder makes of latents
# that are larger than a tile is compared with what it makes of them in one piece.
AS_ON_A_GPU = """
import json, sys
from importlib import import_module
import numpy, torch
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest
from vmevalkit.weights.shelf import WeightShelf

def run(job):
    class Unplaced(import_module("vmevalkit.models.workers." + job["worker"]).Worker):
        def _place(self, order):
            pass

    if job["noisy_decoder"]:
        from diffusers import AutoencoderKLLTXVideo
        from vmevalkit.models.untrained.ltx import _VAE
        vae = AutoencoderKLLTXVideo(**{**_VAE, "timestep_conditioning": True})
        vae.save_pretrained(job["order"]["weights"]["model"] + "/vae")
    worker = Unplaced()
    worker.prepare()
    worker.load(LoadOrder(**job["order"]))
    parts = worker.pipe.components.items()
    types = {name: str(part.dtype).removeprefix("torch.") for name, part in parts if hasattr(part, "dtype")}
    videos = [made(worker, VideoRequest(**request)) for request in job["requests"]]
    return {"types": types, "videos": videos, "tiles": None if job["noisy_decoder"] else tiles(worker.pipe.vae)}

def made(worker, request):
    effective = worker.generate(request, lambda *step: None).effective
    frames = numpy.load(request.output_path)
    return {"shape": frames.shape, "contrast": float(frames.std()), "effective": effective}

@torch.inference_mode()
def tiles(vae):
    if not getattr(vae, "use_tiling", False):
        return None
    vae.to(torch.float32)
    ratio = getattr(vae, "spatial_compression_ratio", 8)
    latents = vae.config.get("latent_channels") or vae.config.z_dim
    height = vae.tile_sample_min_height // ratio * 3 // 2
    noise = torch.randn((1, latents, 2, height, 2), generator=torch.manual_seed(0))
    tiled = vae.decode(noise, return_dict=False)[0]
    vae.disable_tiling()
    whole = vae.decode(noise, return_dict=False)[0]
    return {"shapes": [tiled.shape, whole.shape], "difference": float((tiled - whole).abs().mean() / whole.std())}

print(json.dumps({name: run(job) for name, job in json.load(sys.stdin).items()}))
"""


class Jobs:
    """Orders and requests for the script, as JSON."""

    def __init__(self, folder: Path, plan: Plans, tiny_weights: Weights) -> None:
        self.folder, self.plan, self.weights = folder, plan, tiny_weights

    def job(self, key: str, *changes: dict[str, Any], like: str | None = None) -> dict[str, Any]:
        """A video for each of the changes; `like` names the model whose pipeline and options are taken."""
        recipe, folder = recipe_of(catalog().get(like or key))[0], self.weights(key)
        if like is not None:
            folder = Path(shutil.copytree(folder, self.folder / like))
        weights = {"model": str(folder)}
        order = LoadOrder(weights, "cuda", 1, recipe.pipeline, offload="model", options=dict(recipe.options))
        return {
            "worker": recipe.worker,
            "order": asdict(order),
            "requests": [asdict(self._request(key, change)) for change in changes],
            "noisy_decoder": like is not None,
        }

    def _request(self, key: str, change: dict[str, Any]) -> VideoRequest:
        size = recipe_of(catalog().get(key))[0].sizes.native[0]
        planned = self.plan(key, size=size, **change)
        paths = {name: self.folder / f"{key}-{name}.png" for name in planned.pictures}
        for name, picture in planned.pictures.items():
            paths[name].write_bytes(picture.content)
        final = str(paths["final_frame"]) if "final_frame" in paths else None
        return VideoRequest(
            image_path=str(paths["first_frame"]),
            prompt="go",
            width=planned.size[0],
            height=planned.size[1],
            frames=planned.frames,
            fps=planned.fps,
            seed=planned.seed,
            output_path=str(self.folder / "frames.npy"),
            final_image_path=final,
            parameters=planned.parameters,
        )


@pytest.fixture(scope="module")
def results(
    tmp_path_factory: pytest.TempPathFactory, plan: Plans, tiny_weights: Weights, gradient: Draws
) -> dict[str, Any]:
    """What came of every tiny pipeline, all run in one process, since its imports take the most time."""
    jobs, final = Jobs(tmp_path_factory.mktemp("jobs"), plan, tiny_weights), {"final_frame": gradient((64, 16))}
    told = {key: jobs.job(key, final if "flf2v" in key else {}) for key in TYPES}
    for key in ("tiny-wan-2.1", "tiny-cogvideox", "tiny-ltx-2"):
        told[key] = jobs.job(key, {"negative_prompt": "blur"}, {"negative_prompt": "blur", "guidance": 1.0})
    told[DISTILLED] = jobs.job("tiny-ltx", {"frames": 17}, {"frames": 17, **final}, like=DISTILLED)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", AS_ON_A_GPU],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("key", TYPES)
def test_parts_have_the_types_that_are_advised_and_work_together(results: dict[str, Any], key: str) -> None:
    assert results[key]["types"] == TYPES[key]
    recipe, _ = recipe_of(catalog().get(key))
    width, height = map(int, recipe.sizes.native[0].split("x"))
    assert results[key]["videos"][0]["shape"] == [recipe.frames.default, height, width, 3]
    assert results[key]["videos"][0]["contrast"] > 10


@pytest.mark.parametrize("key", TILED)
def test_tiles_make_nearly_the_video_that_one_piece_makes(results: dict[str, Any], key: str) -> None:
    tiled, whole = results[key]["tiles"]["shapes"]
    assert tiled == whole
    assert 0 < results[key]["tiles"]["difference"] < 0.5


def test_distilled_model_works_in_half_types_with_a_decoder_that_takes_noise(results: dict[str, Any]) -> None:
    assert [video["shape"] for video in results[DISTILLED]["videos"]] == [[17, 64, 64, 3]] * 2
    assert results[DISTILLED]["videos"][0]["effective"]["decode_timestep"] == 0.05


@pytest.mark.parametrize("key", ["tiny-wan-2.1", "tiny-cogvideox"])
def test_negative_prompt_is_told_of_only_where_there_is_guidance(results: dict[str, Any], key: str) -> None:
    guided, unguided = (video["effective"] for video in results[key]["videos"])
    assert guided["negative_prompt"] == "blur"
    assert "negative_prompt" not in unguided


def test_negative_prompt_counts_where_the_sound_alone_is_guided(results: dict[str, Any]) -> None:
    assert results["tiny-ltx-2"]["videos"][1]["effective"]["negative_prompt"] == "blur"


@pytest.mark.parametrize(
    ("key", "given", "allowed"),
    [
        ("svd", {"min_guidance": 3.5}, "at most the guidance at the last frame, which is 3"),
        ("svd", {"min_guidance": 2.0, "guidance": 1.0}, "at most the guidance at the last frame, which is 1"),
        ("wan-2.2-i2v-a14b", {"guidance": 1.0}, "1 where the guidance is 1"),
        ("wan-2.2-i2v-a14b", {"guidance": 1, "guidance_2": 1.5}, "1 where the guidance is 1"),
    ],
)
def test_guidance_that_would_fail_or_count_for_nothing_is_refused(
    plan: Plans, key: str, given: dict[str, float], allowed: str
) -> None:
    with pytest.raises(InvalidRequestError, match=allowed):
        plan(key, **given)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("svd", {"min_guidance": 1.0, "guidance": 1.0}),
        ("svd", {"min_guidance": 3.0}),
        ("wan-2.2-i2v-a14b", {"guidance": 1, "guidance_2": 1}),
        ("wan-2.2-i2v-a14b", {"guidance_2": 1}),
        ("wan-2.2-ti2v-5b", {"guidance": 1.0}),
    ],
)
def test_guidance_that_works_is_taken(plan: Plans, key: str, given: dict[str, float]) -> None:
    assert plan(key, **given).parameters.items() >= given.items()


@pytest.mark.parametrize("model", OPEN, ids=lambda model: model.key)
def test_models_of_diffusers_say_that_their_weights_were_never_run(model: Any) -> None:
    said = any(UNTRIED in line for line in model.recipe.unverified)
    assert said == (model.environment.name == "diffusers" and not model.recipe.untrained)


def test_nothing_is_said_of_what_a_worker_of_ones_own_was_tried_with() -> None:
    table = """
    family = "Own"
    [models.own]
    wrapper = "own:Wrapper"
    kind = "open"
    model = "own"
    description = "Own."
    [models.own.recipe]
    environment = "diffusers"
    worker = "own.py"
    frames = { most = 9, default = 9 }
    sizes = { native = ["64x64"] }
    fps = 8
    weights = { model = { repository = "own/own", gigabytes = 1, licence = "MIT" } }
    """
    assert recipe_of(parse_family(table, "own.toml")[0])[0].unverified == ()


@pytest.mark.parametrize("model", OPEN, ids=lambda model: model.key)
def test_long_prompts_are_spoken_of_only_where_prompts_are_read(model: Any) -> None:
    assert ("long_prompt" in model.parameters) == ("prompt" in model.capabilities)


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        (None, []),
        (200, []),
        (120, ["DESCRIPTION"]),
        (80, ["DESCRIPTION", "ENVIRONMENT", "FRAMES"]),
        (60, ["DESCRIPTION", "ENVIRONMENT", "FRAMES", "SIZE", "INSTALLED"]),
    ],
)
def test_list_fits_the_terminal(room: int | None, left_out: list[str], tmp_path: Path) -> None:
    shelves = Shelves(EnvironmentShelf(tmp_path), SourceShelf(tmp_path), WeightShelf(tmp_path))
    table = open_table(OPEN, shelves, room)
    assert table.left_out == left_out
    assert table.columns == [name for name in OPEN_COLUMNS if name not in left_out]
    assert {len(row) for row in table.rows} == {len(table.columns)}


@pytest.mark.parametrize(
    ("key", "field", "told"),
    [
        ("morphic-frames-to-video", "GPU memory", "unknown, 80 GB when its parts take turns, needs CUDA, no CPU"),
        ("morphic-frames-to-video", "final frame", "required: tasks without one are refused"),
        ("wan-2.1-vace-14b", "pipeline class", "WanVACEPipeline"),
        ("dynamicrafter-256", "duration", "2 seconds alone: 16 frames at 8 per second"),
        ("dynamicrafter-256", "frames", "16 frames, at 8 per second"),
        ("cogvideox-5b-i2v", "sizes", "720x480"),
        ("morphic-frames-to-video", "sizes", "one of 832x480, 480x832, 1280x720, 720x1280"),
    ],
)
def test_show_tells_what_a_recipe_demands(key: str, field: str, told: str) -> None:
    assert dict(facts(catalog().get(key)))[field] == told


def test_packages_are_counted_once_however_many_pythons_they_are_for() -> None:
    _, environment = recipe_of(catalog().get("svd"))
    names = {line.split("==")[0] for line in environment.lock}
    assert len(names) < len(environment.lock)
    assert f" {len(names)} packages" in dict(facts(catalog().get("svd")))["environment"]
