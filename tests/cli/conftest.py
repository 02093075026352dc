"""Callers of the command line."""

from pathlib import Path

import pytest

from tests.kit.servers import Running
from tests.kit.terminals import Caller


@pytest.fixture
def walkaway(server: Running, tmp_path: Path) -> Caller:
    """Somebody with a home of their own, and the shared server."""
    home = tmp_path / "home"
    home.mkdir()
    return Caller(home, server.url)


@pytest.fixture
def asked(scripted: Running, tmp_path: Path) -> Caller:
    """The same with a server whose model is scripted."""
    home = tmp_path / "home"
    home.mkdir()
    return Caller(home, scripted.url)
