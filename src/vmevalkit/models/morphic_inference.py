"""Morphic frames-to-video: a video between the first frame and the final one."""

from __future__ import annotations

from vmevalkit.models.base import Request
from vmevalkit.models.limits import check_value
from vmevalkit.models.open import OpenService, OpenWrapper
from vmevalkit.models.video_plan import VideoPlan

_MOST_SEED = 2**63 - 1


class MorphicService(OpenService):
    """Has videos made by Morphic frames-to-video."""

    def plan(self, request: Request) -> VideoPlan:
        """A negative seed is refused: the vendor's code takes it for a wish to draw one."""
        plan = super().plan(request)
        fits = 0 <= plan.seed <= _MOST_SEED
        check_value(self.model.key, "seed", plan.seed, fits=fits, allowed=f"a number from 0 to {_MOST_SEED}")
        return plan


class MorphicWrapper(OpenWrapper):
    """The face of Morphic frames-to-video."""

    service_class = MorphicService
