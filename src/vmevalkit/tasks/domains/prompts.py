"""The prompts of the generated tasks: data in `prompts/{domain}.toml`, never code."""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache
def load_prompts(domain: str) -> dict[str, str]:
    """The domain's prompt templates by name; `str.format` placeholders are filled by its generator."""
    text = files("vmevalkit.tasks.domains").joinpath("prompts", f"{domain}.toml").read_text(encoding="utf-8")
    return {name: str(template).strip() for name, template in tomllib.loads(text).items()}
