"""Stable Video Diffusion: a video from a picture alone; it reads no prompt."""

from __future__ import annotations

from vmevalkit.models.base import Request
from vmevalkit.models.limits import check_value
from vmevalkit.models.open import OpenService, OpenWrapper
from vmevalkit.models.video_plan import VideoPlan


class SvdService(OpenService):
    """Has videos made by Stable Video Diffusion."""

    def plan(self, request: Request) -> VideoPlan:
        """Guidance that falls is refused: it is made to rise, and where it ends at 1 the pipeline breaks off."""
        plan = super().plan(request)
        first, last = (plan.parameters.get(name) for name in ("min_guidance", "guidance"))
        if isinstance(first, int | float) and isinstance(last, int | float):
            allowed = f"at most the guidance at the last frame, which is {last:g}"
            check_value(self.model.key, "min_guidance", first, fits=first <= last, allowed=allowed)
        return plan


class SvdWrapper(OpenWrapper):
    """The face of Stable Video Diffusion."""

    service_class = SvdService
