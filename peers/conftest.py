"""What peers' clients need: a server where they look for it, and one where they are told to look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peers.drawing import SEED
from peers.running import KEY
from tests.kit.network import keep_to_loopback
from tests.kit.servers import Served, served

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-peers/bin/python"
URL = "http://127.0.0.1:8005"
"""Where PraisonAI's clients look, whatever they are told."""

keep_to_loopback()


def pytest_report_header() -> str:
    """Say with what names are drawn."""
    return f"names are drawn with PEERS_SEED={SEED}"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server at the port of PraisonAI's."""
    if not PYTHON.exists():
        pytest.fail("the peers' environment is missing: run `make peers`")
    environ = {"WALKAWAY_REHEARSAL_DELAY": "0.005", "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}
    with served(tmp_path_factory.mktemp("peers") / "data", "--port", "8005", environ=environ) as found:
        yield found


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the offline model, which asks for a key."""
    environ = {
        "WALKAWAY_REHEARSAL_DELAY": "0.001",
        "WALKAWAY_KEYS": f"{KEY}=peers",
        "WALKAWAY_OUTBOUND_LOOPBACK": "yes",
    }
    with served(tmp_path_factory.mktemp("responses") / "data", environ=environ) as found:
        yield found.url
