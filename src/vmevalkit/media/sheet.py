"""A contact sheet: a whole video at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from PIL import Image, ImageDraw, ImageFont, ImageOps

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.images import flatten
from vmevalkit.media.pixels import Pixels

_GAP = 4
_LABEL_SIZE = 12


def filmstrip(
    images: Iterable[Image.Image | Pixels],
    columns: int = 8,
    width: int = 1280,
    *,
    seconds: Sequence[float] = (),
) -> Image.Image:
    """The images in rows on one RGB picture `width` pixels wide, each labelled with its time where `seconds` has one.

    Each image keeps its proportions; all get cells of the first one's shape. Raises InvalidRequestError for no images.
    """
    pictures = [flatten(image) if isinstance(image, Image.Image) else Image.fromarray(image) for image in images]
    if not pictures or columns < 1:
        raise InvalidRequestError(
            f"{len(pictures)} images are to stand in {columns} columns",
            expected="at least one of each",
            field="images",
            value=len(pictures),
        )
    columns = min(columns, len(pictures))
    cell = max(1, (width - _GAP) // columns - _GAP)
    height = max(1, round(cell * pictures[0].height / pictures[0].width))
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (width, rows * (height + _GAP) + _GAP), "white")
    for place, (picture, moment) in enumerate(zip_longest(pictures, seconds[: len(pictures)])):
        row, column = divmod(place, columns)
        corner = (_GAP + column * (cell + _GAP), _GAP + row * (height + _GAP))
        sheet.paste(ImageOps.contain(picture, (cell, height), Image.Resampling.LANCZOS), corner)
        if moment is not None:
            _label(sheet, corner, f"{moment:.2f} s")
    return sheet


def _label(sheet: Image.Image, corner: tuple[int, int], text: str) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LABEL_SIZE)
    left, top, right, bottom = draw.textbbox(corner, text, font)
    draw.rectangle((left - 1, top - 1, right + 2, bottom + 2), fill="black")
    draw.text(corner, text, "white", font)
