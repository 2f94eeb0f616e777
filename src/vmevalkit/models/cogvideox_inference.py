"""CogVideoX and CogVideoX 1.5."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class CogVideoXService(OpenService):
    """Has videos made by CogVideoX."""


class CogVideoXWrapper(OpenWrapper):
    """The face of CogVideoX."""

    service_class = CogVideoXService
