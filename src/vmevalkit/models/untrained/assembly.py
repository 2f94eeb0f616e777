"""Pipelines put together from parts, each with values that depend on its name alone."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import torch
from diffusers import DiffusionPipeline

Parts = Mapping[str, Callable[[], object]]
"""How each part of a pipeline is made, by the name that the pipeline has for it."""

# With the weights that networks begin their training with, the text would change a video by less than one grey level.
_GAIN = 2.0


def assemble(pipeline: type[DiffusionPipeline], parts: Parts, **settings: object) -> DiffusionPipeline:
    """A pipeline of these parts, ready to generate.

    Every part draws its values from a seed of its own: two experts of one shape differ, and a part that is added leaves
    the others as they were.
    """
    return pipeline(**{name: _make(name, part) for name, part in parts.items()}, **settings)


def _make(name: str, part: Callable[[], object]) -> object:
    torch.manual_seed(zlib.crc32(name.encode()))
    made = part()
    return _strengthen(made) if isinstance(made, torch.nn.Module) else made


def _strengthen(network: torch.nn.Module) -> torch.nn.Module:
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim > 1:
                weight.mul_(_GAIN)
    return network.eval()
