"""What a model writes, on a terminal: wrapped at spaces, its indentation kept."""

import pytest

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.terminals import Caller
from walkaway.commands.screen import wrap

CODE = "So:\n\n```python\ndef tide(at):\n    if at:\n        return high\n```\n\n- one\n  - two"


def test_code_keeps_its_indentation_whatever_shows_it(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text(CODE)], pieces=9)]
    for words in (("run", "go"), ("tail", "@", "--until-done"), ("turns", "show", "@")):
        with asked.terminal(*words) as seen:
            assert seen.end() == 0
        rows = seen.text.splitlines()
        margin = "" if words[0] == "turns" else "  "
        assert [row for row in rows if "tide" in row or "if at" in row or "return" in row or "two" in row] == [
            f"{margin}{row}" for row in ("def tide(at):", "    if at:", "        return high", "  - two")
        ]


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("one two", ["one two"]),
        ("one two three", ["one two", "three"]),
        ("  one two three", ["  one two", "  three"]),
        ("one  two", ["one  two"]),
        ("    ", ["    "]),
        ("", [""]),
        ("onetwothreefour", ["onetwothre", "efour"]),
        ("  onetwothreefour", ["  onetwoth", "  reefour"]),
        (" " * 40 + "one", ["     one"]),
        ("大きな文字です", ["大きな文字", "です"]),
    ],
)
def test_a_line_is_broken_by_what_it_takes(line: str, rows: list[str]) -> None:
    assert wrap(line, 10) == rows
