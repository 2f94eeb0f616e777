"""Tiny pipelines with random weights, built inside the environment they are to be loaded in."""
