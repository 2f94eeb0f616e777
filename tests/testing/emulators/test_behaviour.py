from __future__ import annotations

import pytest
from pydantic import ValidationError

from vmevalkit.testing.emulators.behaviour import Fault


@pytest.mark.parametrize("times", [0, -2])
def test_fault_that_never_happens_is_none(times: int) -> None:
    with pytest.raises(ValidationError, match="times"):
        Fault(phase="submit", kind="gone", times=times)


@pytest.mark.parametrize("times", [1, 7, -1])
def test_fault_happens_as_often_as_told_or_always(times: int) -> None:
    assert Fault(phase="submit", kind="gone", times=times).times == times
