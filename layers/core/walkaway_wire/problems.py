"""What does not fit, in few words: the first problems by name, and how many more there are."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from walkaway_wire import jsontext, words

if TYPE_CHECKING:
    from pydantic import ValidationError

NAMED: Final = 10
"""Problems that are named; who sends more wrong than that is not helped by more."""
MOST: Final = 3_500
"""Bytes of a text that tells of them: the body of an error has less than 4 KB."""
PLACE: Final = 200


def of_fields(error: "ValidationError", below: str = "") -> str:
    """Say what does not fit a model, field by field; `below` names what the fields are of."""
    every = error.errors(include_url=False, include_input=False)
    above = (below,) if below else ()
    return joined([f"{place((*above, *each['loc']))}: {words.says(each)}" for each in every[:NAMED]], len(every))


def joined(sentences: Sequence[str], count: int) -> str:
    """Join the sentences of some problems, and say how many of `count` are left."""
    more = f"; and {count - len(sentences)} more" if count > len(sentences) else ""
    return short("; ".join(sentences), MOST - 100) + more


def place(loc: Sequence[str | int]) -> str:
    """Name a place by the first names and numbers that lead to it; a name that is wrong itself is its own place."""
    named = [part for part in loc if part != "[key]"]
    return ".".join(str(part)[:PLACE] for part in named[:8])[:PLACE]


def short(text: str, most: int = MOST) -> str:
    """Cut a text to as many bytes of JSON; half characters become question marks."""
    text = text[:most].encode(errors="replace").decode()
    while len(jsontext.dump_bytes(text)) > most:
        text = f"{text[: len(text) * 7 // 8]} …"
    return text
