"""A bot that webhooks call: the program that `make peers` runs by every line of the SDK, here by the one beside us."""

from pathlib import Path

from peers.cookbooks import COOKBOOKS
from peers.running import holds
from tests.kit.servers import running
from walkaway_core.settings import Settings

PROGRAM = "managed_hooks.py"


def test_each_session_is_led_to_by_its_webhooks(tmp_path: Path) -> None:
    settings = Settings(keys={"peers-key": "peers"}, rehearsal_delay=0, outbound_loopback=True)
    with running(tmp_path / "data", settings) as server:
        holds(PROGRAM, "", server.url, tmp_path, *COOKBOOKS[PROGRAM])
