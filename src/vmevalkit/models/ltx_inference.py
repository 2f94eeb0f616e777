"""LTX-Video: a video from a first frame and a prompt; a distilled one can be shown the final frame too."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class LtxService(OpenService):
    """Has videos made by LTX-Video."""


class LtxWrapper(OpenWrapper):
    """The face of LTX-Video."""

    service_class = LtxService
