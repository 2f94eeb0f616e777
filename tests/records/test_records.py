from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest
from pydantic import ValidationError

import vmevalkit.records
from vmevalkit.records.base import Record
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
