"""Text in charsets that others choose."""

import codecs
import encodings
import pkgutil

import pytest

from walkaway_wire import charsets, jsontext

CODECS = sorted({module.name for module in pkgutil.iter_modules(encodings.__path__)} - {"aliases", "mbcs", "oem"})
NASTY = rb"caf\u00e9 \ud800 \N{BULLET} xn--a \ " + b"\xc3\xa9 \xed\xa0\x80 \xff\x00+2AA-"


@pytest.mark.parametrize("label", [*CODECS, "", "\0", "x" * 500, "utf-8; q", "../utf_8"])
def test_whatever_charset_is_named_the_text_is_text(label: str) -> None:
    text = charsets.text(NASTY, label)
    assert text
    assert jsontext.is_unicode(text)


@pytest.mark.parametrize(
    ("label", "name"),
    [("UTF8", "utf-8"), ("Shift_JIS", "shift_jis"), ("latin1", "iso8859-1"), (" windows-1252 ", "cp1252")],
)
def test_charsets_of_the_web_are_known_by_their_labels(label: str, name: str) -> None:
    assert charsets.known(label) == name
    assert charsets.text("é".encode(codecs.lookup(name).name, errors="ignore"), label) in {"é", ""}


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape", "utf-7", "hex"]
)
def test_codecs_that_are_no_charsets_are_not_known(label: str) -> None:
    assert charsets.known(label) is None
