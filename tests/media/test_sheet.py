from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.sheet import filmstrip

COLORS = ["red", "green", "blue", "black", "yellow"]


def test_images_stand_in_rows_in_reading_order() -> None:
    sheet = filmstrip([Image.new("RGB", (40, 20), color) for color in COLORS], columns=2, width=212)
    assert (sheet.mode, sheet.size) == ("RGB", (212, 166))
    centers = [(4 + 50 + column * 104, 4 + 25 + row * 54) for row in range(3) for column in range(2)]
    expected = [Image.new("RGB", (1, 1), color).getpixel((0, 0)) for color in [*COLORS, "white"]]
    assert [sheet.getpixel(center) for center in centers] == expected


def test_arrays_are_taken_and_left_alone() -> None:
    frames = np.full((3, 16, 16, 3), 90, np.uint8)
    sheet = filmstrip(frames, columns=8, width=100, seconds=[0.0, 0.5, 1.0])
    assert sheet.width == 100
    assert (frames == 90).all()


def test_times_are_written_where_they_are_known() -> None:
    images = [Image.new("RGB", (200, 100), "blue")] * 2
    plain = np.asarray(filmstrip(images, width=420))
    labelled = np.asarray(filmstrip(images, width=420, seconds=[1.25]))
    changed = np.argwhere((plain != labelled).any(axis=2))
    assert len(changed) > 50
    assert changed[:, 1].max() < 210  # on the first image only


@pytest.mark.parametrize(("count", "columns"), [(0, 8), (3, 0)])
def test_a_sheet_of_nothing_is_refused(count: int, columns: int) -> None:
    with pytest.raises(InvalidRequestError):
        filmstrip([Image.new("RGB", (8, 8))] * count, columns)
