"""Documented import paths; what is behind them lives in the rooms."""
