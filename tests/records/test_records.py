from __future__ import annotations

import json
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

import vmevalkit.records
from vmevalkit.records.base import Record, to_json_value
from vmevalkit.records.run import RunOutput, RunPaths
from vmevalkit.records.task import TaskProblem

for module in pkgutil.iter_modules(vmevalkit.records.__path__):
    import_module(f"vmevalkit.records.{module.name}")

RECORDS = [kind for kind in Record.__subclasses__() if kind.__module__.startswith("vmevalkit.records")]


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_field_is_described(kind: type[Record]) -> None:
    undescribed = [name for name, field in kind.model_fields.items() if not field.description]
    assert undescribed == []


def test_unknown_keys_are_forbidden() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        RunPaths.model_validate({"inference_dir": ".", "colour": "red"})


def test_records_are_frozen() -> None:
    problem = TaskProblem.model_validate({"path": "a", "message": "b"})
    with pytest.raises(ValidationError, match="frozen"):
        problem.message = "c"  # type: ignore[misc]


@pytest.mark.parametrize("path", ["../other/video.mp4", "/etc/passwd", "video/../../x", "video\\x"])
def test_recorded_paths_stay_inside_the_run(path: str) -> None:
    with pytest.raises(ValidationError, match="inside the folder"):
        RunOutput(video_path=path)


LOOP: dict[str, object] = {}
LOOP["self"] = LOOP


@pytest.mark.parametrize(
    "value",
    [b"\xff\xfe", "\ud800", {"\ud800": {1, 2}}, float("nan"), object(), Path("a"), {1: (2, [3])}, LOOP, 1j, 10**30],
)
def test_anything_can_be_written_as_json(value: object) -> None:
    json.dumps(to_json_value(value), allow_nan=False).encode()


def test_plain_json_stays_as_it_is() -> None:
    value = {"a": [1, 2.5, None, True, "é"], "b": {}}
    assert to_json_value(value) == value


def test_hidden_keys_are_hidden_at_every_depth() -> None:
    value = {"a": [{"key": 1}], "key": 2}
    assert to_json_value(value, is_hidden=lambda name: name == "key") == {"a": [{"key": "<hidden>"}], "key": "<hidden>"}
