"""What would steer a terminal is shown in its place."""

import json

import pytest

from walkaway.commands import cleaning


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain", "plain"),
        ("Größe 大\tand\nlines\r\n", "Größe 大\tand\nlines\n"),
        ("\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
        ("over\rwritten\x08\x7f", "over␍written␈␡"),
        ("\x9b31m", "<U+009B>31m"),
        ("ab\u202etxt.exe\u2066", "ab<U+202E>txt.exe<U+2066>"),
        ("\u2028\ufeff\x00", "<U+2028><U+FEFF>␀"),
        ("half \ud83d a pair", "half \ufffd a pair"),
    ],
)
def test_text_keeps_its_lines_and_loses_its_power(said: str, shown: str) -> None:
    assert cleaning.text(said) == shown


def test_a_line_stays_one() -> None:
    assert cleaning.line(" a\n\x1b[31mb\t c ") == "a ␛[31mb c"


def test_a_name_keeps_its_spaces_and_a_pipe_gets_all_that_a_line_can_have() -> None:
    assert cleaning.name("a  b \n\t\x1b[2Jc ") == "a  b ␊␉␛[2Jc "
    assert cleaning.cell("a  b \n\t\x1b[2Jc ") == "a  b ␊␉\x1b[2Jc "


def test_bytes_that_are_no_text_are_seen() -> None:
    assert cleaning.data(b"caf\xe9 \xff\x1b[0m") == "caf\ufffd \ufffd␛[0m"


def test_json_stays_the_same_json() -> None:
    said = json.dumps({"a": "\u202e\x9b31m\x1b ok 大"}, ensure_ascii=False)
    shown = cleaning.json(said)
    assert json.loads(shown) == json.loads(said)
    assert not {"\u202e", "\x9b", "\x1b"} & set(shown)
    assert "大" in shown
    assert cleaning.json('"\x7f"') == '"\\u007f"'
