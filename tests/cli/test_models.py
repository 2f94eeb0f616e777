from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

Run = Callable[..., subprocess.CompletedProcess[str]]

CATALOG = """
family = "Old"

[models.old]
wrapper = "old:Wrapper"
model = "old"
description = "Gone."
kind = "api"
lifecycle = "retired"
retirement = { date = 2020-01-01 }
"""


def test_retired_models_are_listed_only_on_request(vmevalkit: Run, install_plugin: Callable[..., None]) -> None:
    def listed(*arguments: str) -> set[str]:
        models = json.loads(vmevalkit("models", "list", *arguments, "--json").stdout)["models"]
        return {model["key"] for model in models}

    install_plugin(CATALOG)
    active = listed()
    assert "control-still" in active
    assert "old" not in active
    assert listed("--all") == active | {"old"}
    assert listed("--status", "retired") == {"old"}
    assert listed("--status", "active") == active
