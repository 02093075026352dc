"""OpenAI's own client in three majors, unchanged but for address and key: the same table of calls by each."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pytest

from peers.drawing import drawn
from peers.running import PROGRAMS, python, ran
from peers.schemas import draw

TABLE = PROGRAMS / "openai_table.py"
CASES = re.findall(r"^    (\w+),$", TABLE.read_text().partition("\nCASES")[2], re.MULTILINE)
ENVIRONMENTS = {"1": "openai1", "2": "openai2", "3": ""}
LACKING: Mapping[str, set[str]] = {"1": set(), "2": set(), "3": set()}
"""What the last of a major has no call or argument for."""


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def told(request: pytest.FixtureRequest, url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("table")
    program = folder / TABLE.name
    program.write_text(drawn(TABLE).text)
    printed = ran([python(ENVIRONMENTS[request.param]), str(program)], url, folder)
    said = [json.loads(line) for line in printed.splitlines()]
    assert {line["version"].partition(".")[0] for line in said} == {request.param}
    lacking = {line["case"] for line in said if line["said"] == "lacking"}
    assert lacking == LACKING[request.param]
    return {line["case"]: line["said"] for line in said}


@pytest.mark.parametrize("case", CASES)
def test_it_holds(case: str, told: dict[str, str]) -> None:
    assert told[case] in ("held", "lacking"), told[case]


def test_functions_and_forms_have_any_schema(url: str, tmp_path: Path) -> None:
    schemas = draw(tmp_path, 8)
    program = tmp_path / "openai_schemas.py"
    program.write_text((PROGRAMS / program.name).read_text())
    said = [json.loads(line) for line in ran([python(""), str(program)], url, tmp_path).splitlines()]
    assert [line["name"] for line in said] == [*schemas]
    for line in said:
        assert line["called"] == line["name"]
        assert f"went to {line['name']}" in line["told"]
        for made in (line["arguments"], line["answer"]):
            jsonschema.validate(json.loads(made), schemas[line["name"]])
