"""Metadata that no generator wrote: whatever is in it, there is a verdict or a reason why not."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from vmevalkit.media.encode import encode
from vmevalkit.records.base import to_json_value
from vmevalkit.records.verdict import Exhibit
from vmevalkit.runner.judges import load_judge
from vmevalkit.tasks.domain_registry import domains
from vmevalkit.testing.cases.base import Case

ODD: tuple[Any, ...] = (math.nan, math.inf, -1e300, 0, -1, "nan", None, [], {}, [[]], "x")
EACH = 10


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is something in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy with something else in one place."""
    result = copy.deepcopy(value)
    inside = result
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = new
    return result


@pytest.mark.parametrize("domain", domains().names())
def test_odd_metadata_never_crashes_a_verifier(domain: str, tmp_path: Path) -> None:
    makers = __import__(f"vmevalkit.testing.cases.{domain}", fromlist=["MAKERS"]).MAKERS
    case: Case = makers["solved"](Random(1), "easy")
    case.first_frame.save(tmp_path / "first_frame.png")
    encode([case.first_frame, case.first_frame, case.final_frame], tmp_path / "video.mp4", 8)
    random = Random(domain)
    for path in random.sample(sorted(places(case.details), key=repr), EACH):
        metadata = to_json_value({"details": changed(case.details, path, random.choice(ODD))})
        assert isinstance(metadata, dict)
        exhibit = Exhibit(
            domain=domain,
            task_id=f"{domain}_0000",
            prompt="",
            video=tmp_path / "video.mp4",
            first_frame=tmp_path / "first_frame.png",
            final_frame=None,
            metadata=metadata,
        )
        verdict = load_judge("rules").judge(exhibit).verdict
        assert verdict.solved is not True
        assert verdict.reason
