"""Providers on loopback, to try everything without a key, a network or a bill."""
