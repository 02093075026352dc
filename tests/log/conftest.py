"""What tests of the log have in common."""

import httpx
import pytest

from tests.kit import sse


@pytest.fixture
def session(client: httpx.Client) -> str:
    """A session that stays."""
    return sse.new(client, persistent=True)
