"""Text that others have encoded: in the charsets of the web, and in no other that this interpreter happens to have."""

import codecs
from functools import cache
from typing import Final

NAMES: Final = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "us-ascii"),
    *(f"iso-8859-{number}" for number in range(1, 17) if number != 12),
    *(f"windows-{number}" for number in range(1250, 1259)),
    *("cp874", "koi8-r", "koi8-u", "ibm866", "macintosh", "mac-cyrillic"),
    *("gbk", "gb18030", "gb2312", "big5", "big5-hkscs", "euc-jp", "iso-2022-jp", "shift_jis", "cp932", "euc-kr"),
)
"""Those of the Encoding Standard (4.2) that Python has. Others of its codecs are no charsets, give half characters, or
break: raw_unicode_escape, idna, punycode, undefined."""


def known(label: str) -> str | None:
    """Name the charset that a label stands for; None for one that is not known."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    return name if name in _codecs() else None


@cache
def _codecs() -> frozenset[str]:
    """Give what Python calls them; looked up when first needed, since each lookup imports a module."""
    return frozenset(codecs.lookup(name).name for name in NAMES)


def text(data: bytes, label: str = "") -> str:
    """Decode text of a charset, UTF-8 if that is not known; U+FFFD stands for what is none of it."""
    return data.decode(known(label) or "utf-8", errors="replace")
