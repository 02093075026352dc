"""Replacing a piece of a text by another one, which keeps the kind of its line ends."""

import re

from walkaway_core.apart.child import Failed

ENDS = re.compile(r"\r?\n")


def is_plain(words: str, old: str, new: str) -> bool:
    """Whether it is done by looking for `old` as it is: in time that grows with the text alone."""
    return "\r\n" not in words or (old in words and ENDS.split(old) == ENDS.split(new))


def check(count: int, old: str, new: str, most: int) -> None:
    """Raise Failed when as many replacements add more than `most` bytes (of UTF-8) to a text."""
    added = count * (len(new.encode(errors="replace")) - len(old.encode(errors="replace")))
    if added > most:
        raise Failed(f"{count} replacements would add {added} bytes; an edit may add {most}. Replace fewer at once")


def replaced(words: str, old: str, new: str, most: int) -> tuple[str, int]:
    r"""Replace all of `old` by `new`, and say how many there were. Raises Failed when it grows by more than `most`.

    Where lines end in `\r\n`, a line end of `old` stands for either kind, and those of `new` become what the replaced
    lines have: a caller who writes `\n` keeps the file as it was. Where nothing but line ends is to change, they do.
    """
    if is_plain(words, old, new):
        check(words.count(old), old, new, most)
        return words.replace(old, new), words.count(old)
    pattern = re.compile(r"\r?\n".join(map(re.escape, ENDS.split(old))))
    check(sum(1 for _ in pattern.finditer(words)), old, ENDS.sub("\r\n", new), most)

    def as_there(match: re.Match[str]) -> str:
        end = ENDS.search(match[0]) or ENDS.search(words, match.end())
        return ENDS.sub(lambda _: end[0] if end else _last_end(words), new)

    return pattern.subn(as_there, words)


def _last_end(words: str) -> str:
    """How the line before the last one ends, which has no end itself."""
    return "\r\n" if words[: words.rindex("\n")].endswith("\r") else "\n"
