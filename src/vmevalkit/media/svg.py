"""Rendering SVG pictures without reading anything but the picture itself."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

import resvg_py
from PIL import Image

from vmevalkit.errors import UnreadableImageError

SMALLEST_SIDE = 512
"""Pictures with a smaller side are drawn larger, so that both sides have at least this many pixels."""

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 32 * 2**20
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_LENGTH = re.compile(rf"\s*({_NUMBER})\s*(px|pt|pc|mm|cm|in)?\s*", re.IGNORECASE)
_SIDES = 0.001, 1_000_000
_PIXELS_PER_UNIT = {"px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}


class Svg:
    """A parsed SVG picture; raises UnreadableImageError when it is not one that can be rendered safely."""

    def __init__(self, path: Path) -> None:
        """Reads the file; external entities and images in other files are refused, not fetched."""
        self.path = path
        self._root = self._parse()
        self._refuse_references()
        self.own_size = self._own_size()
        self.size = self._raised_size()

    def render(self) -> Image.Image:
        """The picture as RGBA, `size` pixels."""
        (own_width, own_height), (width, height) = self.own_size, self.size
        root = self._root
        if root.get("viewBox") is None:
            root.set("viewBox", f"0 0 {own_width} {own_height}")
        root.set("width", str(width))
        root.set("height", str(height))
        has_text = any(_local_name(element) == "text" for element in root.iter())
        try:
            png = resvg_py.svg_to_bytes(
                svg_string=ElementTree.tostring(root, encoding="unicode"), skip_system_fonts=not has_text
            )
        except (ValueError, RecursionError) as error:
            raise self._fault(f"it cannot be rendered: {error}") from error
        return Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGBA")

    def _parse(self) -> ElementTree.Element:
        try:
            data = self.path.read_bytes()
            if data.startswith(_GZIP):
                data = zlib.decompressobj(wbits=31).decompress(data, _MOST_BYTES + 1)
            if len(data) > _MOST_BYTES:
                raise self._fault("it is too long", expected=f"at most {_MOST_BYTES} bytes")
            # Expat fetches no external entities and limits what internal ones grow to.
            root = ElementTree.fromstring(data)  # noqa: S314
        except (ElementTree.ParseError, LookupError, OSError, zlib.error) as error:
            raise self._fault(f"it is not well-formed: {error}") from error
        if _local_name(root) != "svg":
            raise self._fault(f"it is XML with the root {_local_name(root)!r}", expected="the root 'svg'")
        return root

    def _refuse_references(self) -> None:
        for element in self._root.iter():
            if _local_name(element) not in {"image", "feImage"}:
                continue
            for name, value in element.attrib.items():
                if name.rpartition("}")[2] == "href" and not value.strip().startswith(("data:", "#")):
                    raise self._fault(
                        f"it refers to {value!r}",
                        expected="a picture complete in itself, with images as data: URIs",
                    )

    def _own_size(self) -> tuple[float, float]:
        box = [float(number) for number in re.findall(_NUMBER, self._root.get("viewBox", ""), re.IGNORECASE)]
        width, height = (_pixels(self._root.get(side)) for side in ("width", "height"))
        if len(box) == 4 and box[2] > 0 and box[3] > 0:
            ratio = box[2] / box[3]
            width = width or (height * ratio if height else box[2])
            height = height or width / ratio
        if not all(side and _SIDES[0] <= side <= _SIDES[1] for side in (width, height)):
            raise self._fault("it has no size that can be drawn", expected="a width and a height, or a viewBox")
        return width or 0.0, height or 0.0

    def _raised_size(self) -> tuple[int, int]:
        width, height = self.own_size
        factor = max(1.0, SMALLEST_SIDE / min(width, height))
        return round(width * factor), round(height * factor)

    def _fault(self, reason: str, expected: str = "an SVG, PNG, JPEG, WebP or BMP image") -> UnreadableImageError:
        return UnreadableImageError(
            f"{self.path} is not a usable SVG image: {reason}",
            expected=expected,
            next_step="Export it as PNG",
            path=str(self.path),
        )


def looks_like_svg(head: bytes) -> bool:
    """True when a file that starts with these bytes can only be an SVG, plain or gzipped, or another XML text."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith((b"<", _GZIP, b"\xff\xfe<", b"\xfe\xff\x00<"))


def _local_name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _pixels(length: str | None) -> float | None:
    match = _LENGTH.fullmatch(length or "")
    return float(match[1]) * _PIXELS_PER_UNIT[(match[2] or "px").lower()] if match else None
