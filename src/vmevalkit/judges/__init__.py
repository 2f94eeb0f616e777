"""Judges: what gives a verdict on a run."""
