"""Lines are those of grep and sed, and an edit keeps a file's encoding and line ends."""

import codecs
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings, strategies as st

from walkaway_core.agent import texts

PIECES = st.lists(
    st.sampled_from(["a", "b", "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029", " "]),
    max_size=12,
).map("".join)


@given(PIECES)
@settings(max_examples=60)
@example("one\n\x0ctwo\nthree \u2028 still three\nNEEDLE\n")
@example("10%\r50%\r100%\nNEEDLE")
@example("no end")
@example("")
def test_lines_are_those_that_sed_counts(words: str) -> None:
    sed = shutil.which("sed")
    assert sed
    counted = subprocess.run([sed, "-n", "="], input=words.encode(), capture_output=True, check=True).stdout
    assert len(texts.lines(words)) == len(counted.split())
    assert "".join(texts.lines(words)) == words


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_what_a_mark_names_is_read_and_written_back(mark: bytes, encoding: str) -> None:
    text = texts.decode(mark + "é 😀\r\n".encode(encoding))
    assert text.words == "é 😀\r\n"
    assert text.encoded("ü\n") == mark + "ü\n".encode(encoding)


@pytest.mark.parametrize("data", [b"caf\xe9", b"\xff\xfe", b"\xff\xfe\x00", b"\xff\xfe\x00\xd8", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_text_is_none(data: bytes) -> None:
    with pytest.raises(UnicodeDecodeError):
        texts.decode(data)


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
    assert texts.replaced(words, old, new) == ((words, 0) if becomes is None else (becomes, 1))


@given(PIECES.map(lambda text: text.replace("\r", "")), st.sampled_from(["a", "b", "a\nb", "\n", "ab"]))
def test_an_edit_of_windows_lines_is_one_of_unix_lines(words: str, old: str) -> None:
    plain, count = texts.replaced(words, old, "x\ny")
    assert texts.replaced(words.replace("\n", "\r\n"), old, "x\ny") in (
        (plain.replace("\n", "\r\n"), count),
        (plain, count) if "\n" not in words else None,
    )
