"""What Veo is asked for: the parameters in Google's words, and the pictures in the shape of the video."""

from __future__ import annotations

from typing import Any

from vmevalkit.media.images import image_size
from vmevalkit.models.api import Order
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, Size, Target, check_image, closest_name
from vmevalkit.models.limits import check_value, whole_seconds
from vmevalkit.models.task_pictures import PICTURE_PARAMETERS, task_pictures, transforms_of
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
_OURS = PICTURE_PARAMETERS | {"aspect_ratio"}
_NAMES: dict[Target, str] = {"first_frame": "image", "final_frame": "lastFrame"}


def veo_order(path: str, request: Request, given: dict[str, Any]) -> Order:
    """The request for one video to the model at `path` with the parameters given, its pictures in base64.

    Raises InvalidRequestError for what Veo does not make.
    """
    sent = _parameters(given, request)
    width, height = _RATIOS[str(sent["aspectRatio"])]
    unit = _UNITS[str(sent.get("resolution", _USUAL))]
    pictures = task_pictures(request, given, (width * unit, height * unit), _NAMES)
    instance: JsonObject = {"prompt": request.prompt}
    instance |= {name: _encoded(picture) for name, picture in pictures.items()}
    body: JsonObject = {"instances": [instance], "parameters": sent}
    return Order(Call("POST", f"{path}:predictLongRunning", json=body), sent, transforms_of(pictures.values()))


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


def _encoded(image: InputImage) -> JsonObject:
    """The picture in Google's words; raises InvalidRequestError for one that became too large."""
    check_image(image, most_bytes=MOST_IMAGE_BYTES)
    return {"bytesBase64Encoded": image.base64, "mimeType": image.media_type}


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _check(field: str, value: object, fits: bool, expected: str) -> None:
    check_value("Veo", field, value, fits=fits, allowed=expected)
