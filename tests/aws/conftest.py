"""Fixtures: both shapes of the system."""

from tests.kit.both import model, receiver, shape

__all__ = ["model", "receiver", "shape"]
