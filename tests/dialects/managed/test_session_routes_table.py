"""Every method of the SDK that is served, with every argument, each answer held against its types; with drawn names."""

import json
import sys
from pathlib import Path

from peers.drawing import SEED, drawn
from peers.running import PROGRAMS, ran
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import Running

TABLE = PROGRAMS / "anthropic_table.py"


@needs_bubblewrap
def test_each_case_of_the_table_holds(server: Running, tmp_path: Path) -> None:
    program = tmp_path / TABLE.name
    program.write_text(drawn(TABLE).text)
    printed = ran([sys.executable, str(program)], server.url, tmp_path, key="alpha-key")
    said = [json.loads(line) for line in printed.splitlines()]
    wrong = {line["case"]: line["said"] for line in said if line["said"] != "held"}
    assert not wrong, f"repeat it with PEERS_SEED={SEED}"
    assert len(said) > 15
