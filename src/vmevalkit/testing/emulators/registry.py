"""The emulated providers by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from vmevalkit.errors import MissingExtraError
from vmevalkit.registry import Registry, load_target

if TYPE_CHECKING:
    from vmevalkit.testing.emulators.base import Emulator

EMULATORS: Registry[str] = Registry("provider", list_command="vmevalkit emulate --help")
"""`module:Class` of each emulator, by the provider's name."""

for _provider, _class in {
    "gemini": "GeminiEmulator",
    "kling": "KlingEmulator",
    "luma": "LumaEmulator",
    "luma-agents": "LumaAgentsEmulator",
    "openai": "OpenAiEmulator",
    "runway": "RunwayEmulator",
    "vertex": "VertexEmulator",
    "wavespeed": "WaveSpeedEmulator",
}.items():
    EMULATORS.register(_provider, f"vmevalkit.testing.emulators.{_provider.replace('-', '_')}:{_class}", "vmevalkit")


def load_emulator(provider: str) -> type[Emulator]:
    """The emulator of a provider; raises UnknownNameError, and MissingExtraError without the library it serves with."""
    target = EMULATORS.get(provider)
    try:
        return cast("type[Emulator]", load_target(target))
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "aiohttp":
            raise
        raise MissingExtraError(
            "Emulated providers need the package aiohttp, which is not installed",
            next_step="pip install 'vmevalkit[emulators]'",
            extra="emulators",
        ) from error
