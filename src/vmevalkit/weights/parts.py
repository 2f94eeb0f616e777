"""Parts of weights: whether all are there, told by the names of the files and by those of them that name others.

Nothing but small JSON documents is read: indexes, which say in which files the tensors of a network are, and
`model_index.json`, which says which components a pipeline of diffusers has.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from vmevalkit.weights.manifest import is_selected

_PIPELINE = "model_index.json"
_CONFIGURATION = "config.json"
_CONFIGURATIONS = (_CONFIGURATION, "scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json")
_TENSORS = (".safetensors", ".bin", ".ckpt", ".pt", ".pth")
_INDEX = re.compile(r"[^/]+\.(?P<kind>safetensors|bin)(\.[^/.]+)?\.index(\.[^/.]+)?\.json")
_NUMBERED = re.compile(r"(?P<name>.*)-(?P<number>\d{1,9})-of-(?P<count>\d{1,9})(?P<suffix>\.[^/]*)")
_LOADABLE = re.compile(r"(diffusion_pytorch_model|pytorch_model|model)(\.[^/.]+)*\.(safetensors|bin)")
_VOCABULARY = re.compile(r"tokenizer\.json|vocab\.(json|txt)|.+\.(model|tiktoken)")
_BYTE_TOKENIZER = "ByT5Tokenizer"  # needs none
_WITHOUT_TENSORS = re.compile(r"Tokenizer|Scheduler|Processor|FeatureExtractor|Guidance")


def is_telling(path: str) -> bool:
    """Whether a file names others that must be there too."""
    return path == _PIPELINE or _index(path) is not None


def lack_by_names(names: Collection[str]) -> str | None:
    """What is missing as far as names tell, such as `there are 1 of the 2 parts of model.bin`; None without any."""
    numbers: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for name in names:
        if (match := _NUMBERED.fullmatch(name)) is not None:
            numbers[match["name"], match["suffix"], match["count"]].add(int(match["number"]))
    for (name, suffix, count), found in numbers.items():
        if len(found) != int(count):
            return f"there are {len(found)} of the {int(count)} parts of {name}{suffix}"
    for index in filter(_index, names):
        if not any(name.startswith(_beside(index, "")) and name.endswith(_TENSORS) for name in names):
            return f"none of the files is there that {index} names"
    return None


def lack_by_contents(place: Path, names: Collection[str], patterns: Sequence[str]) -> str | None:
    """What is missing as far as the documents in the folder `place` tell, or which cannot be read; None without any.

    `names` are the files that are there or on the way, `patterns` choose those that should be: what none of them
    matches was left out on purpose.
    """
    names = frozenset(names)
    whole = set()
    for index in sorted(filter(_index, names)):
        shards = _shards_of(place / index, index)
        if not shards:
            return f"{index} cannot be read as an index of tensors"
        if shards <= names:
            whole.add(_folder_of(index))
        elif not _is_dispensable(index, shards, names, patterns):
            return f"{min(shards - names)} is missing, which {index} names"
    return _lack_of_pipeline(place / _PIPELINE, names, patterns, whole) if _PIPELINE in names else None


def _shards_of(path: Path, name: str) -> set[str]:
    """The files that an index names, relative to the folder of the set; none where it cannot be read."""
    places = _read(path).get("weight_map")
    shards = list(places.values()) if isinstance(places, dict) else []
    return {_beside(name, shard) for shard in shards} if all(isinstance(shard, str) for shard in shards) else set()


def _is_dispensable(index: str, shards: set[str], names: frozenset[str], patterns: Sequence[str]) -> bool:
    """Whether nothing loads by an index: its files were left out, or are pickled ones beside others that are not."""
    if shards & names:
        return False
    match, folder = _index(index), _beside(index, "")
    is_pickled = match is not None and match["kind"] == "bin"
    is_replaced = is_pickled and any(name.startswith(folder) and name.endswith(".safetensors") for name in names)
    return is_replaced or not any(is_selected(shard, patterns) for shard in shards)


def _lack_of_pipeline(path: Path, names: frozenset[str], patterns: Sequence[str], whole: set[str]) -> str | None:
    entries = _read(path)
    if not isinstance(entries.get("_class_name"), str):
        return f"{_PIPELINE} cannot be read as that of a pipeline"
    for component, entry in entries.items():
        match entry:
            case [str(), str(kind)] if _is_wanted(component, patterns):
                if (lack := _lack_of_component(component, kind, names, whole)) is not None:
                    return f"{lack}, and {_PIPELINE} names {component}, a {kind}"
    return None


def _is_wanted(component: str, patterns: Sequence[str]) -> bool:
    return any(is_selected(f"{component}/{name}", patterns) for name in _CONFIGURATIONS)


def _lack_of_component(component: str, kind: str, names: frozenset[str], whole: set[str]) -> str | None:
    """What loading a component would not find: all have files, networks a configuration and tensors.

    Tokenizers have a vocabulary; without it transformers makes one that knows no word, and says nothing.
    """
    own = {name.removeprefix(f"{component}/") for name in names if name.startswith(f"{component}/")}
    if not own:
        return f"there is no file in {component}"
    if "Tokenizer" in kind and kind != _BYTE_TOKENIZER and not any(map(_VOCABULARY.fullmatch, own)):
        return f"there is no vocabulary in {component}"
    if _WITHOUT_TENSORS.search(kind) is not None:
        return None
    if _CONFIGURATION not in own:
        return f"{component}/{_CONFIGURATION} is missing"
    if component not in whole and not any(map(_is_loadable, own)):
        return f"there are no tensors in {component}"
    return None


def _is_loadable(name: str) -> bool:
    """Whether a file is found without an index."""
    return _LOADABLE.fullmatch(name) is not None and _NUMBERED.fullmatch(name) is None


def _read(path: Path) -> dict[str, object]:
    """The JSON object in a file; an empty one where it holds none."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _index(path: str) -> re.Match[str] | None:
    return _INDEX.fullmatch(PurePosixPath(path).name)


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _beside(path: str, name: str) -> str:
    """Where a file of that name is in the folder that `path` is in; the folder with a slash for an empty name."""
    return f"{path[: path.rfind('/') + 1]}{name}"
