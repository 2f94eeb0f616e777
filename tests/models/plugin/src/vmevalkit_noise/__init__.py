"""A plugin with one model, which shows seeded noise."""

from pathlib import Path

CATALOG = Path(__file__).with_name("noise.toml")
