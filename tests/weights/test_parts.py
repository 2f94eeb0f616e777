from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.weights.parts import is_telling, lack_by_contents, lack_by_names

INDEX = "transformer/diffusion_pytorch_model.safetensors.index.json"
SHARDS = [f"transformer/diffusion_pytorch_model-{number:05}-of-00003.safetensors" for number in (1, 2, 3)]
COMPONENTS = {
    "_class_name": "SomePipeline",
    "_diffusers_version": "0.42.0",
    "boundary_ratio": 0.9,
    "image_encoder": [None, None],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "tokenizer": ["transformers", "T5TokenizerFast"],
    "text_encoder": ["transformers", "UMT5EncoderModel"],
    "transformer": ["diffusers", "SomeTransformer3DModel"],
}


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A pipeline whose transformer is in three files, with the names of real ones and nothing in most of them."""
    names = [
        "scheduler/scheduler_config.json",
        "tokenizer/tokenizer_config.json",
        "tokenizer/spiece.model",
        "text_encoder/config.json",
        "text_encoder/model.fp16.safetensors",
        "transformer/config.json",
    ]
    for name in [*names, *SHARDS]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "model_index.json").write_text(json.dumps(COMPONENTS), encoding="utf-8")
    _write_index(tmp_path, INDEX, [Path(name).name for name in SHARDS])
    return tmp_path


def _write_index(pipeline: Path, name: str, shards: list[str]) -> None:
    places = {f"layer.{number}": shard for number, shard in enumerate([*shards, *shards])}
    (pipeline / name).write_text(json.dumps({"metadata": {}, "weight_map": places}), encoding="utf-8")


@pytest.fixture
def lack(pipeline: Path) -> Callable[..., str | None]:
    """Tells what the pipeline lacks by its contents, of what some patterns choose."""

    def told(*patterns: str) -> str | None:
        names = [path.relative_to(pipeline).as_posix() for path in pipeline.rglob("*") if path.is_file()]
        return lack_by_contents(pipeline, names, patterns)

    return told


def test_whole_pipeline_lacks_nothing(lack: Callable[..., str | None]) -> None:
    assert lack() is None


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (SHARDS[1], f"{SHARDS[1]} is missing, which {INDEX} names"),
        (INDEX, "there are no tensors in transformer"),
        ("transformer/config.json", "transformer/config.json is missing"),
        ("text_encoder/model.fp16.safetensors", "there are no tensors in text_encoder"),
        ("tokenizer/spiece.model", "there is no vocabulary in tokenizer"),
        ("scheduler/scheduler_config.json", "there is no file in scheduler"),
    ],
)
def test_each_file_that_is_loaded_is_missed(
    pipeline: Path, lack: Callable[..., str | None], gone: str, text: str
) -> None:
    (pipeline / gone).unlink()
    assert str(lack()).startswith(text)


@pytest.mark.parametrize("name", [SHARDS[1], "model.ckpt", "diffusion_pytorch_model.msgpack", "sub/model.safetensors"])
def test_file_that_nothing_would_load_stands_for_no_text_encoder(
    pipeline: Path, lack: Callable[..., str | None], name: str
) -> None:
    to = pipeline / "text_encoder" / name.removeprefix("transformer/")
    to.parent.mkdir(exist_ok=True)
    (pipeline / "text_encoder" / "model.fp16.safetensors").rename(to)
    assert str(lack()).startswith("there are no tensors in text_encoder")


def test_component_that_was_left_out_on_purpose_is_not_missed(pipeline: Path, lack: Callable[..., str | None]) -> None:
    for path in (pipeline / "text_encoder").iterdir():
        path.unlink()
    assert "text_encoder" in str(lack("*/*.json", "transformer/*"))
    assert lack("scheduler/*", "tokenizer/*", "transformer/*") is None


def test_index_of_files_that_were_left_out_on_purpose_is_of_no_account(
    pipeline: Path, lack: Callable[..., str | None]
) -> None:
    name = "text_encoder/diffusion_pytorch_model.safetensors.index.json"
    _write_index(pipeline, name, ["diffusion_pytorch_model-00001-of-00001.safetensors"])
    assert lack("*/*.json", "text_encoder/model*", "transformer/*", "tokenizer/*") is None
    assert f"which {name} names" in str(lack())


def test_index_of_pickled_files_counts_where_nothing_stands_in_their_place(
    pipeline: Path, lack: Callable[..., str | None]
) -> None:
    _write_index(pipeline, "text_encoder/pytorch_model.bin.index.json", ["pytorch_model-00001-of-00001.bin"])
    assert lack() is None
    (pipeline / "text_encoder" / "model.fp16.safetensors").unlink()
    assert str(lack()).startswith("text_encoder/pytorch_model-00001-of-00001.bin is missing")
    (pipeline / "text_encoder" / "pytorch_model-00001-of-00001.bin").touch()
    assert lack() is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": {"a": 1}}', '{"weight_map": []}', "[" * 99999])
def test_index_that_is_none_is_refused(pipeline: Path, lack: Callable[..., str | None], content: str) -> None:
    (pipeline / INDEX).write_text(content, encoding="utf-8")
    assert lack() == f"{INDEX} cannot be read as an index of tensors"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weight_map": {}}'])
def test_pipeline_without_a_class_is_refused(pipeline: Path, lack: Callable[..., str | None], content: str) -> None:
    (pipeline / "model_index.json").write_text(content, encoding="utf-8")
    assert "model_index.json cannot be read" in str(lack())


@given(count=st.integers(1, 30), gone=st.integers(1, 30), width=st.integers(1, 6))
def test_any_missing_number_is_missed(count: int, gone: int, width: int) -> None:
    names = [f"a/model.fp16-{number:0{width}}-of-{count:0{width}}.bin" for number in range(1, count + 1)]
    assert lack_by_names(names) is None
    if gone <= count and count > 1:
        names.pop(gone - 1)
        assert lack_by_names(names) == f"there are {count - 1} of the {count} parts of a/model.fp16.bin"


def test_index_alone_is_no_network() -> None:
    assert lack_by_names([INDEX, "vae/model.safetensors"]) == f"none of the files is there that {INDEX} names"
    assert lack_by_names(["model.safetensors.index.json", "part/one.safetensors"]) is None


def test_files_that_name_others_are_known() -> None:
    told = ["model_index.json", INDEX, "a/pytorch_model.bin.index.json", "model.safetensors.index.fp16.json"]
    others = ["vae/model_index.json", "transformer/config.json", "index.json", *SHARDS]
    assert [name for name in [*told, *others] if is_telling(name)] == told
