"""LTX-2: a video from a first frame and a prompt; its sound is not kept."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class Ltx2Service(OpenService):
    """Has videos made by LTX-2."""


class Ltx2Wrapper(OpenWrapper):
    """The face of LTX-2."""

    service_class = Ltx2Service
