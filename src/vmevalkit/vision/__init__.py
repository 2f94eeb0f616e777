"""Comparing pictures: alignment, color, likeness, motion. Pure functions of pixels; no files."""
