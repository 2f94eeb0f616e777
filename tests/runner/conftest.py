from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vmevalkit.retry import RetryPolicy
from vmevalkit.runner.inference import InferenceRunner


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[InferenceRunner]:
    with InferenceRunner(tmp_path / "outputs", retry=RetryPolicy(first_wait_seconds=0)) as runner:
        yield runner
