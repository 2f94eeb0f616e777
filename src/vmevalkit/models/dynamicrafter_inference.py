"""DynamiCrafter: 16 frames from a picture and a prompt."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class DynamiCrafterService(OpenService):
    """Has videos made by DynamiCrafter."""


class DynamiCrafterWrapper(OpenWrapper):
    """The face of DynamiCrafter."""

    service_class = DynamiCrafterService
