"""What Veo is asked for: the parameters in Google's words, and the pictures in the shape of the video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vmevalkit.media.images import image_size
from vmevalkit.models.api import Order
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import Fit, InputImage, Size, Target, check_image, closest_name, input_image
from vmevalkit.models.limits import check_value, whole_seconds
from vmevalkit.records.base import JsonObject
from vmevalkit.remote.call import Call

MOST_IMAGE_BYTES = 20 * 2**20
HIGHEST_SEED = 2**32 - 1
LARGE_SECONDS = 8
"""The only length of videos larger than 720p."""

_RATIOS: dict[str, Size] = {"16:9": (16, 9), "9:16": (9, 16)}
_USUAL = "720p"
_UNITS = {_USUAL: 80, "1080p": 120, "4k": 240}
"""Pixels of a picture for each unit of its ratio."""
_OURS = {"final_frame", "fit", "aspect_ratio"}


def veo_order(path: str, request: Request, given: dict[str, Any]) -> Order:
    """The request for one video to the model at `path` with the parameters given, its pictures in base64.

    Raises InvalidRequestError for what Veo does not make.
    """
    sent = _parameters(given, request)
    width, height = _RATIOS[str(sent["aspectRatio"])]
    unit, fit = _UNITS[str(sent.get("resolution", _USUAL))], given.get("fit", "pad")
    pictures = _pictures(request.image_path, given.get("final_frame"), (width * unit, height * unit), fit)
    instance: JsonObject = {"prompt": request.prompt}
    instance |= {name: _encoded(picture) for name, picture in pictures.items()}
    body: JsonObject = {"instances": [instance], "parameters": sent}
    transforms = tuple(transform for picture in pictures.values() for transform in picture.transforms)
    return Order(Call("POST", f"{path}:predictLongRunning", json=body), sent, transforms)


def _parameters(given: dict[str, Any], request: Request) -> JsonObject:
    sent: JsonObject = {_camel_case(name): value for name, value in given.items() if name not in _OURS}
    ratio = given.get("aspect_ratio") or closest_name(image_size(request.image_path), _RATIOS)
    resolution, seed, seconds = given.get("resolution", _USUAL), given.get("seed", 0), request.duration
    _check("aspect_ratio", ratio, ratio in _RATIOS, f"one of {', '.join(_RATIOS)}")
    _check("resolution", resolution, resolution in _UNITS, f"one of {', '.join(_UNITS)}")
    _check("seed", seed, isinstance(seed, int) and 0 <= seed <= HIGHEST_SEED, f"0 to {HIGHEST_SEED}")
    sent["aspectRatio"] = ratio
    if seconds is not None:
        fits = resolution == _USUAL or seconds == LARGE_SECONDS
        _check("duration", seconds, fits, f"{LARGE_SECONDS} seconds at a resolution of {resolution}")
        sent["durationSeconds"] = whole_seconds("Veo", seconds)
    return sent


def _pictures(first: Path, final: Path | None, size: Size, fit: Fit) -> dict[str, InputImage]:
    """The pictures of that size, by Google's names for them."""
    targets: dict[str, tuple[Path | None, Target]] = {
        "image": (first, "first_frame"), "lastFrame": (final, "final_frame")
    }  # fmt: skip
    return {
        name: check_image(input_image(path, size, fit, target=target), most_bytes=MOST_IMAGE_BYTES)
        for name, (path, target) in targets.items()
        if path is not None
    }


def _encoded(image: InputImage) -> JsonObject:
    return {"bytesBase64Encoded": image.base64, "mimeType": image.media_type}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _check(field: str, value: object, fits: bool, expected: str) -> None:
    check_value("Veo", field, value, fits=fits, allowed=expected)
