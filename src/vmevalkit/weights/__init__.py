"""Weights: fetching, checking and finding the files that networks are loaded from."""
