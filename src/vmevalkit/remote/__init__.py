"""Reaching providers: one transport, one job client, one poll loop."""
