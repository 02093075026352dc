"""An edit keeps a file's line ends, and is refused before it makes anything that is too large."""

import pytest
from hypothesis import given, strategies as st

from walkaway_core.apart import editing
from walkaway_core.apart.child import Failed

MOST = 1000


@pytest.mark.parametrize(
    ("words", "old", "new", "becomes"),
    [
        ("alpha\r\nbeta\r\ngamma\r\n", "alpha\nbeta", "A\nB", "A\r\nB\r\ngamma\r\n"),
        ("alpha\r\nbeta\r\n", "beta", "b\nc", "alpha\r\nb\r\nc\r\n"),
        ("alpha\r\nbeta", "beta", "b\nc", "alpha\r\nb\r\nc"),
        ("alpha\r\nbeta\r\n", "\nbeta", "\nb", "alpha\r\nb\r\n"),
        ("alpha\r\nbeta\r\n", "alpha\n", "", "beta\r\n"),
        ("a\r\nb\nc\r\nd\n", "a\nb\n", "x\ny\n", "x\r\ny\r\nc\r\nd\n"),
        ("a\r\nb\nc\n", "b", "x\ny", "a\r\nx\ny\nc\n"),
        ("a\r\nb\r\n", "a\r\nb", "a\nb", "a\nb\r\n"),
        ("a\r\nb\r\n", "a\r\nb", "x\ny", "x\r\ny\r\n"),
        ("a\r\nb\r\n", "a\nb", "x\r\ny", "x\r\ny\r\n"),
        ("a\r\nb\r\n", "a\r\n\r\n", "x", None),
        ("a.c\r\nabc\r\n", "a.c\n", r"\1\g<0>" + "\n", "\\1\\g<0>\r\nabc\r\n"),
        ("a\nb\n", "a\nb", "x\r\ny", "x\r\ny\n"),
        ("a\nb\n", "a\r\nb", "x", None),
        ("10%\r100%\ndone\n", "10%\r100%", "all", "all\ndone\n"),
    ],
)
def test_an_edit_keeps_the_line_ends(words: str, old: str, new: str, becomes: str | None) -> None:
    assert editing.replaced(words, old, new, MOST) == ((words, 0) if becomes is None else (becomes, 1))


@given(
    st.lists(st.sampled_from(["a", "b", "\n", "\x0b", "\u2028", " "]), max_size=12).map("".join),
    st.sampled_from(["a", "b", "a\nb", "\n", "ab"]),
)
def test_an_edit_of_windows_lines_is_one_of_unix_lines(words: str, old: str) -> None:
    plain, count = editing.replaced(words, old, "x\ny", MOST)
    assert editing.replaced(words.replace("\n", "\r\n"), old, "x\ny", MOST) in (
        (plain.replace("\n", "\r\n"), count),
        (plain, count) if "\n" not in words else None,
    )


@pytest.mark.parametrize("words", ["a" * 600, "a" * 600 + "\r\n"], ids=["plain", "windows"])
@pytest.mark.parametrize("new", ["bbb", "é\n", "\n\n"], ids=["letters", "bytes", "line ends"])
def test_what_would_grow_too_much_is_refused(words: str, new: str) -> None:
    if new == "\n\n" and "\r" not in words:
        new = "\n\nx"
    with pytest.raises(Failed, match="600 replacements would add"):
        editing.replaced(words, "a", new, MOST)
    assert editing.replaced(words, "a", "bb", MOST)[1] == 600
