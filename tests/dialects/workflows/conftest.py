"""Fixtures: both shapes of the system; the deployed one is left to the deep half."""

import pytest

from tests.kit.both import local_first, model, receiver
from tests.kit.shapes import Shape

__all__ = ["local_first", "model", "receiver", "shape"]


@pytest.fixture(scope="module")
def shape(local_first: Shape) -> Shape:
    return local_first
