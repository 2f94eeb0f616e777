"""What finds features out, by name: a function is imported when its feature is first asked for."""

from __future__ import annotations

from functools import cache
from typing import cast

from vmevalkit.features.frame import Extractor
from vmevalkit.registry import Registry, load_target

ENTRY_POINT_GROUP = "vmevalkit.features"
"""Other packages name their extractors here, under the names of their features."""

_OWN = {
    "motion": ("change", "halfway", "leap"),
    "likeness": ("squared_error", "structure", "ms_ssim", "vmaf"),
    "pictures": ("first_picture", "final_picture", "opening"),
}


@cache
def extractors() -> Registry[str | Extractor]:
    """The extractor of each feature: our own as a `module:attribute` string."""
    registry: Registry[str | Extractor] = Registry("feature", ENTRY_POINT_GROUP)
    for module, names in _OWN.items():
        for name in names:
            registry.register(name, f"vmevalkit.features.{module}:{name}", origin="vmevalkit")
    return registry


@cache
def load_extractor(name: str) -> Extractor:
    """What finds a feature out; raises UnknownNameError with near names."""
    target = extractors().get(name)
    return cast("Extractor", load_target(target)) if isinstance(target, str) else target
