"""Environments: Python environments and source trees that models of others run in."""
