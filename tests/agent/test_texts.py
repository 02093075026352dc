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
