"""Each decision says whether it stands, and has a line in the index that says the same."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs/decisions"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
HEAD = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n(?P<date>\d{4}-\d\d-\d\d) · (?P<door>one-way|two-way) door(?:: .+)?\n\n"
    r"Status: (?P<status>stands|replaced by (?P<by>\d{4}))(?:; amended \d{4}-\d\d-\d\d: .+)?\n\n"
)
ROW = re.compile(r"^\| \[(\d{4})\]\((.+?)\) \| (.+) \| (\S+) \| (\S+) \| (.+) \|$", re.MULTILINE)
INDEX = {number: said for number, *said in ROW.findall((FOLDER / "README.md").read_text())}


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_a_status_and_a_line_in_the_index(path: Path) -> None:
    head = HEAD.match(path.read_text())
    assert head, "it begins as docs/decisions/README.md shows"
    assert int(head["number"]) == int(path.name[:4])
    assert INDEX[path.name[:4]] == [path.name, head["title"], head["date"], head["door"], head["status"]]
    assert not head["by"] or list(FOLDER.glob(f"{head['by']}-*.md")), "it is replaced by one that is there"


def test_the_index_has_no_other_lines() -> None:
    assert list(INDEX) == [path.name[:4] for path in DECISIONS]
