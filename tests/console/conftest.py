"""Fixtures: both shapes, and a browser."""

from tests.kit.both import model, shape

__all__ = ["model", "shape"]
