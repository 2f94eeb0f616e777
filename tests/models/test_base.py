from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vmevalkit.errors import ContentRefusedError, InvalidResultError
from vmevalkit.models.base import Generation, Request, ServiceWrapper, checked_result
from vmevalkit.records.generation import GenerationResult

GOOD: GenerationResult = {
    "success": True,
    "video_path": "video.mp4",
    "error": None,
    "duration_seconds": 1.0,
    "generation_id": "g1",
    "model": "m",
    "status": "success",
    "metadata": {},
}


class RefusingWrapper(ServiceWrapper):
    def __init__(self, output_dir: Path) -> None:
        super().__init__("m", output_dir)
        self.service = self

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(args[0], Request):
            raise ContentRefusedError("The prompt was refused", provider="p", request_id="r1")
        return super().generate(*args, **kwargs)


def test_documented_result_passes_unchanged() -> None:
    assert checked_result(GOOD) == GOOD


@pytest.mark.parametrize("key", sorted(GOOD))
def test_every_key_is_needed(key: str) -> None:
    with pytest.raises(InvalidResultError, match=key):
        checked_result({name: value for name, value in GOOD.items() if name != key})


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"success": 1},
        {"duration_seconds": "long"},
        {"error": "but"},
        {"video_path": None},
        {"metadata": None},
    ],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidResultError, match="not as documented"):
        checked_result({**GOOD, **change})


def test_error_of_a_service_is_a_result_that_keeps_type_and_request(tmp_path: Path) -> None:
    result = checked_result(RefusingWrapper(tmp_path).generate("frame.png", "Go"))
    assert (result["success"], result["status"], result["error"]) == (False, "refused", "The prompt was refused.")
    assert result["metadata"]["failure"]["type"] == "ContentRefusedError"
    assert result["metadata"]["failure"]["request_id"] == "r1"


def test_generations_without_an_id_get_one_each() -> None:
    assert Generation().generation_id != Generation().generation_id
