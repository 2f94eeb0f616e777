"""The metrics there are, by name; a metric's module is imported when it is used."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from vmevalkit.metrics.base import Metric
from vmevalkit.registry import Registry, load_target

ENTRY_POINT_GROUP = "vmevalkit.metrics"
"""Other packages name their metrics here: subclasses of `Metric`, under their names."""

_OWN = {
    "psnr": "Psnr",
    "ssim": "Ssim",
    "ms_ssim": "MsSsim",
    "vmaf": "Vmaf",
    "temporal_flicker": "TemporalFlicker",
    "motion_smoothness": "MotionSmoothness",
    "dynamic_degree": "DynamicDegree",
    "first_frame_fidelity": "FirstFrameFidelity",
    "goal_frame_match": "GoalFrameMatch",
}


@cache
def metrics() -> Registry[str | type[Metric]]:
    """Every metric: our own as a `module:attribute` string."""
    registry: Registry[str | type[Metric]] = Registry(
        "metric", ENTRY_POINT_GROUP, list_command="vmevalkit score --list"
    )
    for name, attribute in _OWN.items():
        registry.register(name, f"vmevalkit.metrics.{name}:{attribute}", origin="vmevalkit")
    return registry


@cache
def load_metric(name: str) -> type[Metric]:
    """The class of a metric; raises UnknownNameError with near names."""
    target = metrics().get(name)
    loaded = load_target(target) if isinstance(target, str) else target
    if not (isinstance(loaded, type) and issubclass(loaded, Metric)):
        raise TypeError(f"expected a subclass of Metric as {name}, got {loaded!r}")
    return loaded


def find_metrics(categories: Sequence[str], names: Sequence[str] = ()) -> list[type[Metric]]:
    """The metrics of these categories in the order of the registry, or those among them that are named."""
    found = [load_metric(name) for name in metrics().names() if not names or name in names]
    return [metric for metric in found if metric.category in categories]
