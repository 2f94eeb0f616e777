"""Stand-in for the vendors' builder."""

from __future__ import annotations

import importlib
from typing import Any


def instantiate_from_config(config: Any) -> Any:
    module, name = config["target"].rsplit(".", 1)
    return getattr(importlib.import_module(module), name)(**config.get("params", {}))
