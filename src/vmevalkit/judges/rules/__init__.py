"""Verdicts by rules: one verifier per domain, which reads the puzzle from the pixels."""
