"""What peers' clients need: their environment, and a server where they look for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.network import keep_to_loopback
from tests.kit.servers import Served, served

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-peers/bin/python"
URL = "http://127.0.0.1:8005"
"""Where these clients look, whatever they are told."""

keep_to_loopback()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if not PYTHON.exists():
        pytest.fail("the peers' environment is missing: run `make peers`")
    environ = {"WALKAWAY_REHEARSAL_DELAY": "0.005", "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}
    with served(tmp_path_factory.mktemp("peers") / "data", "--port", "8005", environ=environ) as found:
        yield found
