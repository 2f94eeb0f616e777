"""Rotation: whether a camera went around a sculpture as asked."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.lost_picture import is_plain
from vmevalkit.judges.rules.base import Verifier, read_details, unfit
from vmevalkit.judges.rules.rotation_checks import Reading, all_checks
from vmevalkit.judges.rules.rotation_details import Renderer, RotationDetails
from vmevalkit.judges.rules.rotation_likeness import Comparison
from vmevalkit.judges.rules.rotation_mark import Mark
from vmevalkit.judges.rules.rotation_tone import Tone
from vmevalkit.judges.rules.rotation_track import follow
from vmevalkit.judges.rules.rotation_views import WIDTH, Views, cut_off, reduced
from vmevalkit.records.base import JsonObject
from vmevalkit.vision.registration import Pixels

MOST_UNLIKE = 0.02
"""How much of the first frame may differ from the scene that the metadata describes, as a share of the picture."""
SCENES_KEPT = 2


def rotation_verifier(render: Renderer) -> Verifier:
    """The verifier of rotations; it compares videos with the scene as `render` draws it."""
    views_of = lru_cache(maxsize=SCENES_KEPT)(partial(Views, render))

    def verify(footage: Footage, metadata: JsonObject) -> Finding:
        details = read_details(RotationDetails, metadata)
        reading = _read(footage, details, views_of(details))
        if reading.is_lost[-1] and is_plain(footage.frames[-1]):
            raise _lost(reading)
        return Finding(reading.progress, all_checks(reading))

    return Verifier(version=1, verify=verify)


def _read(footage: Footage, details: RotationDetails, views: Views) -> Reading:
    look = views.look(details.azimuth_start % 360, 0)
    if look.unlike(reduced(footage.reference)).mean() > MOST_UNLIKE:
        raise _other_scene()
    tone = Tone(reduced(footage.frames[0]), look)
    pictures: list[Pixels] = [tone.applied(reduced(frame)) for frame in footage.frames]
    track = follow(pictures, views)
    scale = footage.reference.shape[1] / WIDTH
    side = (details.edge / scale) ** 2
    mark, ignored = Mark(details, side), cut_off(pictures[0], look)
    likenesses = Comparison(pictures, track, views, side, mark, ignored).likenesses()
    return Reading(
        details=details,
        numbers=footage.numbers,
        seconds=footage.seconds,
        azimuths=track.azimuths + np.array([likeness.drift.turn for likeness in likenesses]),
        is_lost=track.is_lost,
        likenesses=likenesses,
        scale=scale,
    )


def _lost(reading: Reading) -> UnscorableError:
    seen = [number for number, lost in zip(reading.numbers, reading.is_lost, strict=True) if not lost]
    since = f"after frame {seen[-1]}" if seen else "in any frame"
    return UnscorableError(
        f"The scene is not to be seen {since}, so where the camera ends cannot be told",
        expected="the sculpture on its table up to the last frame",
        at_fault="video",
    )


def _other_scene() -> UnscorableError:
    return unfit(
        "The task's first frame does not show the sculpture that its metadata describes",
        "the pictures and the metadata that `vmevalkit tasks create` writes",
    )
