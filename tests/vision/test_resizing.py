from __future__ import annotations

import numpy as np
import pytest

from vmevalkit.vision.resizing import Resizing, resized, resizing, size_of


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [((8, 6), "none"), ((4, 6), "area"), ((4, 3), "area"), ((9, 6), "bicubic"), ((16, 3), "bicubic")],
)
def test_rule_depends_on_whether_a_side_grows(wanted: tuple[int, int], rule: Resizing) -> None:
    picture = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(6, 8, 3)
    assert resizing(size_of(picture), wanted) == rule
    assert size_of(resized(picture, wanted)) == wanted


def test_shrinking_averages() -> None:
    picture = np.array([[[0] * 3, [10] * 3], [[20] * 3, [30] * 3]], np.uint8)
    assert resized(picture, (1, 1)).tolist() == [[[15] * 3]]
