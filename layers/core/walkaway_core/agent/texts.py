"""Texts as files hold them: how they are encoded, and where their lines end."""

import codecs
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and what they mean (Unicode Standard, 23.8)."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a file says, without its byte order mark, and how it says it."""

    words: str
    encoding: str = "utf-8"
    mark: bytes = b""

    def encoded(self, words: str) -> bytes:
        """Encode other words as the file's own are; half surrogates become question marks."""
        return self.mark + words.encode(self.encoding, errors="replace")


def decode(data: bytes) -> Text:
    """Read UTF-8, or what a byte order mark names. Raises UnicodeDecodeError."""
    for mark, encoding in MARKS:
        if data.startswith(mark) and len(data) > len(mark):  # two bytes alone are anything
            return Text(data[len(mark) :].decode(encoding), encoding, mark)
    return Text(data.decode())


def lines(words: str) -> list[str]:
    r"""Split into lines with their ends as grep and sed do, at `\n` alone; the last may have none.

    `str.splitlines` also ends a line at form feeds, lone carriage returns, U+2028 and others.
    """
    *ended, rest = words.split("\n")
    return [line + "\n" for line in ended] + ([rest] if rest else [])
