"""Text of tools and models made harmless for a terminal: what would steer it is shown in its place."""

from typing import Final

_BIDI: Final = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SHOWN: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\t\n"},
    0x7F: "\u2421",
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_BIDI, 0x2028, 0x2029, 0xFEFF)},
}
"""C0, DEL, C1, the controls of writing directions, and what ends a line for some: each as something one can see."""
_ESCAPED: Final = {code: f"\\u{code:04x}" for code in _SHOWN if code >= 0x7F}
"""The same inside JSON, which escapes C0 by itself."""
_ENDS: Final = {code: chr(0x2400 + code) for code in b"\t\n\r"}
"""What ends a cell or a line, as something one can see."""


def text(said: str) -> str:
    """Show text of any number of lines. Half a character is U+FFFD."""
    if said.isascii() and said.isprintable():
        return said
    whole = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\r\n", "\n").translate(_SHOWN)


def line(said: str) -> str:
    """Show text on one line, with a space for each gap."""
    return text(" ".join(said.split()))


def name(said: str) -> str:
    """Show a name on one line, with every space that it has."""
    return text(cell(said))


def cell(said: str) -> str:
    """Give a name as it is for a cell of a line in a pipe: what would end that is shown in its place."""
    return said.translate(_ENDS)


def json(said: str) -> str:
    """Show JSON: it stays the same JSON."""
    return said if said.isascii() and "\x7f" not in said else said.translate(_ESCAPED)


def data(said: bytes) -> str:
    """Show bytes as text; what is no UTF-8 is U+FFFD."""
    return text(said.decode("utf-8", "replace"))
