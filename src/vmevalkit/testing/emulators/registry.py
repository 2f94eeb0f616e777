"""The emulated providers by name."""

from __future__ import annotations

from vmevalkit.registry import Registry

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
