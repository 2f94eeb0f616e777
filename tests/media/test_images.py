from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from vmevalkit.errors import MissingImageError, OutputNotWritableError, UnreadableImageError
from vmevalkit.media.images import image_size, open_image, pad_to_even, prepare_first_frame

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800"><rect width="600" height="400" fill="red"/></svg>'
)


def halves(mode: str = "RGB") -> Image.Image:
    """32 × 16: red on the left, blue on the right."""
    image = Image.new("RGB", (32, 16), "red")
    image.paste((0, 0, 255), (16, 0, 32, 16))
    return image.convert(mode)


def corner_colors(image: Image.Image) -> list[str]:
    """What the strongest channel is in the top left and bottom right corner."""
    pixels = np.asarray(image)
    return ["RGB"[int(pixel.argmax())] for pixel in (pixels[0, 0], pixels[-1, -1])]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.gif"])
def test_opens_the_usual_formats_whatever_their_name(tmp_path: Path, name: str) -> None:
    halves().save(tmp_path / name)
    path = (tmp_path / name).rename(tmp_path / "picture.dat")
    image = open_image(path)
    assert (image.mode, image.size, corner_colors(image)) == ("RGB", (32, 16), ["R", "B"])
    assert image_size(path) == (32, 16)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_becomes_rgb(tmp_path: Path, mode: str) -> None:
    gray = Image.fromarray(np.full((8, 8), 51400, np.uint16)) if mode == "I;16" else Image.new("L", (8, 8), 200)
    (gray if mode == "I;16" else gray.convert(mode)).save(tmp_path / "a.png")
    image = open_image(tmp_path / "a.png")
    assert image.mode == "RGB"
    assert abs(np.asarray(image).mean() - 200) < 60


def test_sixteen_bits_keep_their_brightness(tmp_path: Path) -> None:
    Image.fromarray(np.full((8, 8), 51400, np.uint16)).save(tmp_path / "a.png")
    assert open_image(tmp_path / "a.png").getpixel((0, 0)) == (200, 200, 200)


def test_what_is_transparent_shows_white(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "a.png")
    Image.new("RGBA", (8, 8), (0, 0, 0, 127)).save(tmp_path / "half.png")
    assert open_image(tmp_path / "a.png").getpixel((3, 3)) == (255, 255, 255)
    assert open_image(tmp_path / "half.png").getpixel((3, 3)) == (128, 128, 128)


@pytest.mark.parametrize(
    ("orientation", "size", "corners"),
    [(1, (32, 16), ["R", "B"]), (3, (32, 16), ["B", "R"]), (6, (16, 32), ["R", "B"]), (8, (16, 32), ["B", "R"])],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_pictures_are_upright(
    tmp_path: Path, name: str, orientation: int, size: tuple[int, int], corners: list[str]
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    halves().save(tmp_path / name, exif=exif)
    assert open_image(tmp_path / name).size == image_size(tmp_path / name) == size
    assert corner_colors(open_image(tmp_path / name)) == corners


def test_the_first_frame_of_an_animation_is_taken(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("RGB", (32, 16))])
    assert corner_colors(open_image(tmp_path / "a.gif")) == ["R", "B"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"no picture", "cannot identify"), (b"<html></html>", "root"), (b"<svg", "well-formed")],
)
def test_a_file_that_is_no_image_is_named_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for look in (open_image, image_size):
        with pytest.raises(UnreadableImageError, match=reason) as caught:
            look(path)
        assert caught.value.path == str(path)
        assert caught.value.expected
        assert caught.value.next_step


def test_a_missing_image_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MissingImageError, match=r"gone\.png"):
        open_image(tmp_path / "gone.png")
    with pytest.raises(UnreadableImageError, match="folder"):
        image_size(tmp_path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_truncated_image_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(UnreadableImageError):
        open_image(tmp_path / name)
    with pytest.raises(UnreadableImageError):
        prepare_first_frame(tmp_path / name, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif"])
def test_a_truncated_image_is_told_in_one_way(tmp_path: Path, name: str) -> None:
    Image.effect_noise((64, 64), 90).save(tmp_path / name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-500])
    for read in (open_image, lambda path: prepare_first_frame(path, tmp_path / "out.png")):
        with pytest.raises(UnreadableImageError, match="as an image: it is cut off"):
            read(tmp_path / name)


@pytest.mark.parametrize("size", [(10_000, 10_001), (9_600, 9_500), (60_000, 60_000)])
def test_an_image_of_huge_size_is_judged_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    path = tmp_path / "a.bmp"
    header = b"BM" + bytes(8) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    path.write_bytes(header + width.to_bytes(4, "little") + height.to_bytes(4, "little") + b"\1\0\x18\0" + bytes(24))
    if width * height > 100_000_000:
        with pytest.raises(UnreadableImageError, match="pixels"):
            open_image(path)
    else:
        assert image_size(path) == size


def test_a_png_that_is_fine_is_copied_byte_for_byte(tmp_path: Path) -> None:
    for mode in ("RGB", "L", "P", "RGBA"):
        halves(mode).save(tmp_path / "a.png", optimize=True)
        assert prepare_first_frame(tmp_path / "a.png", tmp_path / "out.png") == ()
        assert (tmp_path / "out.png").read_bytes() == (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize(("name", "format_name"), [("a.jpg", "JPEG"), ("a.webp", "WEBP"), ("a.bmp", "BMP")])
def test_other_formats_are_converted_and_it_is_told(tmp_path: Path, name: str, format_name: str) -> None:
    halves().save(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    (change,) = prepare_first_frame(tmp_path / name, tmp_path / "out.png")
    assert (change.target, change.operation) == ("first_frame", "convert")
    assert (change.before, change.after) == ({"format": format_name, "mode": "RGB"}, {"format": "PNG", "mode": "RGB"})
    with Image.open(tmp_path / "out.png") as image:
        assert (image.format, image.mode, corner_colors(image)) == ("PNG", "RGB", ["R", "B"])
    assert (tmp_path / name).read_bytes() == before


def test_every_change_is_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGBA", (32, 16), (255, 0, 0, 100)).save(tmp_path / "a.png", exif=exif)
    changes = prepare_first_frame(tmp_path / "a.png", tmp_path / "out.png")
    assert [change.operation for change in changes] == ["rotate", "flatten", "convert"]
    assert (changes[0].before["orientation"], changes[0].after) == (6, {"width": 16, "height": 32})
    assert image_size(tmp_path / "out.png") == (16, 32)


def test_an_animation_is_stilled_and_it_is_told(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.gif", save_all=True, append_images=[Image.new("RGB", (32, 16))])
    changes = prepare_first_frame(tmp_path / "a.gif", tmp_path / "out.png")
    assert [change.operation for change in changes] == ["first_frame", "convert"]
    assert changes[0].before == {"frames": 2}


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.svgz"])
def test_an_svg_is_rendered_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(SVG.encode()) if name == "a.svgz" else SVG.encode())
    (change,) = prepare_first_frame(tmp_path / name, tmp_path / "out.png")
    assert change.operation == "render"
    assert (change.before, change.after) == (
        {"format": "SVG", "width": 600.0, "height": 800.0},
        {"width": 600, "height": 800},
    )
    image = open_image(tmp_path / "out.png")
    assert (image.size, image.getpixel((300, 200)), image.getpixel((300, 600))) == ((600, 800), (255, 0, 0), (255,) * 3)
    assert image_size(tmp_path / name) == open_image(tmp_path / name).size == (600, 800)


def test_a_missing_destination_folder_is_named(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.png")
    halves().save(tmp_path / "a.jpg")
    for name in ("a.png", "a.jpg"):
        with pytest.raises(OutputNotWritableError, match="nowhere"):
            prepare_first_frame(tmp_path / name, tmp_path / "nowhere" / "out.png")


@pytest.mark.parametrize("size", [(4, 4), (5, 4), (4, 5), (5, 5), (1, 1)])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_padding_repeats_the_last_row_and_column(size: tuple[int, int], mode: str) -> None:
    width, height = size
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)).convert(mode)
    padded = pad_to_even(noise)
    pixels = np.asarray(noise)
    expected = np.pad(pixels, ((0, height % 2), (0, width % 2), *[(0, 0)] * (pixels.ndim - 2)), mode="edge")
    assert padded.mode == mode
    assert np.array_equal(np.asarray(padded), expected)
