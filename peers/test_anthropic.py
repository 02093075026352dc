"""Anthropic's own client in three lines, unchanged but for address and key: the same table of calls by each."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from peers.cookbooks import COOKBOOKS
from peers.drawing import drawn
from peers.running import PROGRAMS, holds, python, ran

TABLE = PROGRAMS / "anthropic_table.py"
CASES = re.findall(r"^    (\w+),$", TABLE.read_text().partition("\nCASES")[2], re.MULTILINE)
ENVIRONMENTS: Mapping[str, str] = {"0.121.0": "anthropic0", "2.12.0": "", "newest": "anthropic2"}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def told(request: pytest.FixtureRequest, url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("table")
    program = folder / TABLE.name
    program.write_text(drawn(TABLE).text)
    printed = ran([python(ENVIRONMENTS[request.param]), str(program)], url, folder)
    said = [json.loads(line) for line in printed.splitlines()]
    if request.param != "newest":
        assert {line["version"] for line in said} == {request.param}
    return {line["case"]: line["said"] for line in said}


@pytest.mark.parametrize("case", CASES)
def test_it_holds(case: str, told: dict[str, str]) -> None:
    assert told[case] == "held", told[case]


@pytest.mark.parametrize("version", ENVIRONMENTS)
@pytest.mark.parametrize("program", COOKBOOKS)
def test_a_cookbook_ends(program: str, version: str, url: str, tmp_path: Path) -> None:
    holds(program, ENVIRONMENTS[version], url, tmp_path, *COOKBOOKS[program])
