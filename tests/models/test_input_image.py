from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.input_image import InputImage, check_image, closest_shape, input_image, parse_size


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("RGB", (100, 200), "red")
    image.paste("blue", (0, 0, 100, 20))
    image.save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def pixels(image: InputImage) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.content)).convert("RGB"))


def test_picture_that_fits_is_sent_as_it_is(picture: Path) -> None:
    image = input_image(picture, (100, 200))
    assert (image.content, image.transforms) == (picture.read_bytes(), ())


def test_padding_keeps_the_whole_picture_between_white_bars(picture: Path) -> None:
    image = input_image(picture, (400, 200))
    assert pixels(image)[100, 0].tolist() == [255, 255, 255]
    assert pixels(image)[5, 200].tolist() == [0, 0, 255]
    assert pixels(image)[150, 200].tolist() == [255, 0, 0]
    assert image.transforms[0].after == {"width": 400, "height": 200, "color": "white"}


def test_cropping_fills_the_frame_and_loses_the_edges(picture: Path) -> None:
    image = input_image(picture, (400, 200), "crop")
    assert np.all(pixels(image) == [255, 0, 0])
    assert image.transforms[0].operation == "crop"


def test_stretching_keeps_everything(picture: Path) -> None:
    image = input_image(picture, (400, 200), "stretch")
    assert pixels(image)[5, 5].tolist() == [0, 0, 255]
    assert pixels(image).shape == (200, 400, 3)


def test_picture_that_may_not_be_changed_is_an_error(picture: Path) -> None:
    with pytest.raises(InvalidRequestError, match="400 x 200 pixels"):
        input_image(picture, (400, 200), "none")


def test_other_format_is_converted_and_that_is_told(picture: Path) -> None:
    Image.open(picture).save(picture.with_suffix(".jpg"))
    image = input_image(picture.with_suffix(".jpg"))
    assert image.content.startswith(b"\x89PNG")
    assert image.transforms[0].operation == "convert"


def test_forms_hold_the_same_bytes(picture: Path) -> None:
    image = input_image(picture)
    assert base64.b64decode(image.base64) == image.content
    assert image.data_uri == f"data:image/png;base64,{image.base64}"
    assert image.part.content == image.content


def test_too_large_and_too_small_pictures_are_refused(picture: Path) -> None:
    image = input_image(picture)
    assert check_image(image, most_bytes=10_000, least_side=100) is image
    with pytest.raises(InvalidRequestError, match="bytes"):
        check_image(image, most_bytes=10)
    with pytest.raises(InvalidRequestError, match="101"):
        check_image(image, least_side=101)


@pytest.mark.parametrize(
    ("size", "closest"), [((640, 360), (16, 9)), ((360, 640), (9, 16)), ((500, 510), (1, 1)), ((3000, 100), (16, 9))]
)
def test_closest_shape_is_the_one_with_the_closest_ratio(size: tuple[int, int], closest: tuple[int, int]) -> None:
    assert closest_shape(size, [(16, 9), (9, 16), (1, 1)]) == closest


@pytest.mark.parametrize("text", ["1280x720", "1280:720", "1280*720"])
def test_size_is_read_in_every_notation(text: str) -> None:
    assert parse_size(text) == (1280, 720)
