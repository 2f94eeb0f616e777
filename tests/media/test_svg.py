from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.errors import UnreadableImageError
from vmevalkit.media.images import image_size, open_image

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.fixture
def svg(tmp_path: Path) -> Path:
    """Where a test puts its picture; `secret.png` beside it is all red."""
    Image.new("RGB", (600, 600), "red").save(tmp_path / "secret.png")
    return tmp_path / "a.svg"


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="700" height="600"', (700, 600)),
        ('width="100" height="50"', (1024, 512)),
        ('viewBox="0 0 2 3"', (512, 768)),
        ('width="1000" viewBox="0 0 4 3"', (1000, 750)),
        ('width="100%" height="100%" viewBox="0 0 600 800"', (600, 800)),
        ('width="6in" height="254mm"', (576, 960)),
        ('width="600.4px" height="700.6"', (600, 701)),
    ],
)
def test_size_is_its_own_or_raised_to_512(svg: Path, attributes: str, size: tuple[int, int]) -> None:
    svg.write_text(f'{HEAD} {attributes}><rect width="9999" height="9999" fill="blue"/></svg>', encoding="utf-8")
    assert image_size(svg) == open_image(svg).size == size


def test_a_small_picture_is_drawn_larger_not_cropped(svg: Path) -> None:
    svg.write_text(f'{HEAD} width="10" height="10"><rect x="5" width="5" height="10"/></svg>', encoding="utf-8")
    image = open_image(svg)
    assert (image.getpixel((250, 5)), image.getpixel((262, 505))) == ((255, 255, 255), (0, 0, 0))


def test_text_is_drawn(svg: Path) -> None:
    svg.write_text(f'{HEAD} width="600" height="600"><text y="300" font-size="300">M</text></svg>', encoding="utf-8")
    assert open_image(svg).size == (600, 600)


@pytest.mark.parametrize(
    "body",
    [
        '<image href="{path}" width="600" height="600"/>',
        '<image xlink:href="{path}" width="600" height="600"/>',
        '<image href="secret.png" width="600" height="600"/>',
        '<image href="file://{path}" width="600" height="600"/>',
        '<image href="http://127.0.0.1:9/secret.png" width="600" height="600"/>',
        '<image href="&#47;{path}" width="600" height="600"/>',
        '<filter id="f"><feImage href="{path}"/></filter><rect width="600" height="600" filter="url(#f)"/>',
    ],
)
def test_images_in_other_files_are_refused(svg: Path, body: str) -> None:
    content = body.format(path=svg.parent / "secret.png")
    svg.write_text(f'{HEAD} width="600" height="600">{content}</svg>', encoding="utf-8")
    with pytest.raises(UnreadableImageError, match="refers to"):
        open_image(svg)


def test_an_entity_cannot_smuggle_a_path_in(svg: Path) -> None:
    entity = f'<!DOCTYPE svg [<!ENTITY x "{svg.parent / "secret.png"}">]>'
    svg.write_text(f'{entity}{HEAD} width="600" height="600"><image href="&x;"/></svg>', encoding="utf-8")
    with pytest.raises(UnreadableImageError, match="refers to"):
        open_image(svg)


def test_an_external_entity_is_not_fetched(svg: Path) -> None:
    (svg.parent / "secret.txt").write_text("the secret", encoding="utf-8")
    entity = f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{svg.parent / "secret.txt"}">]>'
    svg.write_text(f'{entity}{HEAD} width="600" height="600"><text y="100">&x;</text></svg>', encoding="utf-8")
    with pytest.raises(UnreadableImageError, match="undefined entity") as caught:
        open_image(svg)
    assert "the secret" not in str(caught.value)


def test_a_picture_inside_a_picture_reaches_no_file_either(svg: Path) -> None:
    inner = (
        f'{HEAD} width="600" height="600"><image href="{svg.parent / "secret.png"}" width="600" height="600"/></svg>'
    )
    data = base64.b64encode(inner.encode()).decode()
    image = f'<image href="data:image/svg+xml;base64,{data}" width="600" height="600"/>'
    svg.write_text(f'{HEAD} width="600" height="600">{image}</svg>', encoding="utf-8")
    assert open_image(svg).getpixel((300, 300)) == (255, 255, 255)


def test_an_image_held_inside_is_drawn(svg: Path) -> None:
    data = base64.b64encode((svg.parent / "secret.png").read_bytes()).decode()
    image = f'<image href="data:image/png;base64,{data}" width="600" height="600"/>'
    svg.write_text(f'{HEAD} width="600" height="600">{image}</svg>', encoding="utf-8")
    assert open_image(svg).getpixel((300, 300)) == (255, 0, 0)


def test_growing_entities_are_stopped(svg: Path) -> None:
    levels = "".join(f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">' for i in range(9))
    svg.write_text(
        f'<!DOCTYPE svg [<!ENTITY e0 "{"a" * 60}">{levels}]>{HEAD}><text>&e9;</text></svg>', encoding="utf-8"
    )
    with pytest.raises(UnreadableImageError, match="well-formed"):
        open_image(svg)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("", "no size"),
        ('width="0" height="5"', "no size"),
        ('width="20000" height="20000"', "20000 × 20000"),
        ('width="100000" height="1"', "51200000 × 512"),
        ('width="1e999" height="5"', "no size"),
        ('width="1.2.3" height="5"', "no size"),
        ('viewBox="0 0 . e"', "no size"),
    ],
)
def test_sizes_that_cannot_be_drawn_are_refused(svg: Path, attributes: str, reason: str) -> None:
    svg.write_text(f"{HEAD} {attributes}></svg>", encoding="utf-8")
    with pytest.raises(UnreadableImageError, match=reason):
        image_size(svg)


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08 no gzip at all", b"<svg>" + b"\xff" * 9, b"<a/>"])
def test_what_only_begins_like_a_picture_is_refused(svg: Path, content: bytes) -> None:
    svg.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=r"well-formed|root"):
        open_image(svg)


def test_endless_nesting_is_refused(svg: Path) -> None:
    depth = 20_000
    svg.write_text(f'{HEAD} width="9" height="9">{"<g>" * depth}{"</g>" * depth}</svg>', encoding="utf-8")
    with pytest.raises(UnreadableImageError, match="cannot be rendered"):
        open_image(svg)
