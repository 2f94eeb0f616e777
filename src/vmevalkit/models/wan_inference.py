"""Wan 2.1 and 2.2: a video that begins with a picture, and ends with another where there is one."""

from __future__ import annotations

from vmevalkit.models.base import Request
from vmevalkit.models.limits import check_value
from vmevalkit.models.open import OpenService, OpenWrapper
from vmevalkit.models.video_plan import VideoPlan


class WanService(OpenService):
    """Has videos made by Wan."""

    def plan(self, request: Request) -> VideoPlan:
        """Guidance of the second expert alone is refused: without that of the first, the pipeline has none for both."""
        plan = super().plan(request)
        first, second = (plan.parameters.get(name) for name in ("guidance", "guidance_2"))
        if first == 1 and second is not None:
            allowed = "1 where the guidance is 1, which means none for both experts"
            check_value(self.model.key, "guidance_2", second, fits=second == 1, allowed=allowed)
        return plan


class WanWrapper(OpenWrapper):
    """The face of Wan."""

    service_class = WanService
