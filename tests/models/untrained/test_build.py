from __future__ import annotations

import hashlib
import json
import math
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

CLASSES = {
    "cogvideox": "CogVideoXImageToVideoPipeline",
    "cogvideox-1.5": "CogVideoXImageToVideoPipeline",
    "hunyuan": "HunyuanVideoImageToVideoPipeline",
    "ltx": "LTXImageToVideoPipeline",
    "ltx-2": "LTX2ImageToVideoPipeline",
    "sana": "SanaVideoPipeline",
    "svd": "StableVideoDiffusionPipeline",
    "wan-2.1": "WanImageToVideoPipeline",
    "wan-2.1-flf2v": "WanImageToVideoPipeline",
    "wan-2.2-a14b": "WanImageToVideoPipeline",
    "wan-2.2-ti2v": "WanPipeline",
    "wan-vace": "WanVACEPipeline",
}
BYTES = {"F32": 4, "F64": 8, "I64": 8}

Script = Callable[..., subprocess.CompletedProcess[str]]
BuildAll = Callable[[Iterable[str], Path], dict[str, Path]]
Folders = dict[str, Path]


@pytest.fixture(scope="module")
def folders(build_all: BuildAll, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return build_all(CLASSES, tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def folders_again(build_all: BuildAll, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """Made in the opposite order: what was made before in the same process must not matter."""
    return build_all(reversed(CLASSES), tmp_path_factory.mktemp("again"))


def hashes(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def stored_bytes(file: Path) -> int:
    """What the header of a safetensors file says its size is, its tensors laid end to end."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    sizes: list[int] = [math.prod(tensor["shape"]) * BYTES[tensor["dtype"]] for tensor in tensors]
    return 8 + length + sum(sizes)


def test_names_are_listed_as_one_line_of_json(script: Script) -> None:
    done = script("--list")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == list(CLASSES)


def test_unknown_name_exits_with_2_and_lists_the_names(script: Script, tmp_path: Path) -> None:
    done = script("wan-9", tmp_path)
    assert done.returncode == 2
    assert "wan-9" in done.stderr
    assert all(name in done.stderr for name in CLASSES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", CLASSES)
def test_folder_names_the_class_of_the_published_one(name: str, folders: Folders) -> None:
    index = json.loads((folders[name] / "model_index.json").read_text())
    assert index["_class_name"] == CLASSES[name]
    parts = [part for part, value in index.items() if isinstance(value, list) and value[0] is not None]
    assert all(any((folders[name] / part).iterdir()) for part in parts)


@pytest.mark.parametrize("name", CLASSES)
def test_weights_are_as_long_as_their_headers_say(name: str, folders: Folders) -> None:
    files = list(folders[name].rglob("*.safetensors"))
    assert len(files) >= 3
    assert [stored_bytes(file) for file in files] == [file.stat().st_size for file in files]
    assert sum(file.stat().st_size for file in files) < 10_000_000


@pytest.mark.parametrize("name", CLASSES)
def test_same_name_gives_the_same_files(name: str, folders: Folders, folders_again: Folders) -> None:
    assert hashes(folders[name]) == hashes(folders_again[name])


def test_script_makes_what_its_function_makes_and_prints_nothing(
    script: Script, folders: Folders, tmp_path: Path
) -> None:
    done = script("wan-2.1", tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert hashes(tmp_path) == hashes(folders["wan-2.1"])


def test_two_experts_differ(folders: Folders) -> None:
    found = hashes(folders["wan-2.2-a14b"])
    first, second = (found[f"{part}/diffusion_pytorch_model.safetensors"] for part in ("transformer", "transformer_2"))
    assert first != second
