"""HunyuanVideo: a video from a first frame and a prompt."""

from __future__ import annotations

from vmevalkit.models.open import OpenService, OpenWrapper


class HunyuanService(OpenService):
    """Has videos made by HunyuanVideo."""


class HunyuanWrapper(OpenWrapper):
    """The face of HunyuanVideo."""

    service_class = HunyuanService
