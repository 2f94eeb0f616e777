"""SANA-Video."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class SanaService(OpenService):
    """Has videos made by SANA-Video."""


class SanaWrapper(OpenWrapper):
    """The face of SANA-Video."""

    service_class = SanaService
