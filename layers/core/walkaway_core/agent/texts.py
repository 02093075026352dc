"""Texts as files hold them: how they are encoded, where their lines end, and a piece of one replaced by another."""

import codecs
import re
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and what they mean (Unicode Standard, 23.8)."""
ENDS = re.compile(r"\r?\n")


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


def replaced(words: str, old: str, new: str) -> tuple[str, int]:
    r"""Replace all of `old` by `new`, and say how many there were.

    Where lines end in `\r\n`, a line end of `old` stands for either kind, and those of `new` become what the replaced
    lines have: a caller who writes `\n` keeps the file as it was. Where nothing but line ends is to change, they do.
    """
    if "\r\n" not in words or (old in words and ENDS.split(old) == ENDS.split(new)):
        return words.replace(old, new), words.count(old)
    pattern = re.compile(r"\r?\n".join(map(re.escape, ENDS.split(old))))

    def as_there(match: re.Match[str]) -> str:
        end = ENDS.search(match[0]) or ENDS.search(words, match.end())
        return ENDS.sub(lambda _: end[0] if end else _last_end(words), new)

    return pattern.subn(as_there, words)


def _last_end(words: str) -> str:
    """How the line before the last one ends, which has no end itself."""
    return "\r\n" if words[: words.rindex("\n")].endswith("\r") else "\n"
