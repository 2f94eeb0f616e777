"""Stand-in for omegaconf: settings by attribute and by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class Settings(dict[str, Any]):
    def __getattr__(self, name: str) -> Any:
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class OmegaConf:
    @staticmethod
    def load(path: str) -> Any:
        return json.loads(Path(path).read_text(encoding="utf-8"), object_hook=Settings)
