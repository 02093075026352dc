"""Vendors' own clients at the deployed stack: the tables of calls that they are held to, whole."""

import json
import re
from pathlib import Path

import pytest

from peers.drawing import SEED, drawn
from peers.running import PROGRAMS, python, ran
from tests.kit.shapes import deployed

pytestmark = [pytest.mark.deep, pytest.mark.timeout(400)]  # a hundred executions, one after another
PATIENCE = 300.0
TABLES = ("openai_table.py", "anthropic_table.py")


@pytest.mark.parametrize("name", TABLES)
def test_each_call_of_the_table_holds(name: str, tmp_path: Path) -> None:
    table, program = PROGRAMS / name, tmp_path / name
    program.write_text(drawn(table).text)
    with deployed("") as shape:
        with shape.client() as web:
            key = web.headers["x-api-key"]
        printed = ran([python(""), str(program)], shape.url, tmp_path, key=key, patience=PATIENCE)
    said = [json.loads(line) for line in printed.splitlines()]
    assert [line["case"] for line in said] == re.findall(
        r"^    (\w+),$", table.read_text().partition("\nCASES")[2], re.MULTILINE
    )
    wrong = {line["case"]: line["said"] for line in said if line["said"] != "held"}
    assert not wrong, f"repeat it with PEERS_SEED={SEED}"
