"""VideoCrafter: 16 frames from a picture and a prompt."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class VideoCrafterService(OpenService):
    """Has videos made by VideoCrafter."""


class VideoCrafterWrapper(OpenWrapper):
    """The face of VideoCrafter."""

    service_class = VideoCrafterService
