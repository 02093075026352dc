"""Blocks of content as a client sends them (contract E.9)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError

from walkaway_core.dialects.managed.problems import invalid
from walkaway_wire import words
from walkaway_wire.strict import Strict

Object = dict[str, Any]
Shape = TypeVar("Shape", bound=Strict)


class Text(Strict):
    """Text."""

    type: Literal["text"]
    text: str


class Image(Strict):
    """An image."""

    type: Literal["image"]
    source: Object


class Document(Strict):
    """A PDF, or a text that has a name."""

    type: Literal["document"]
    source: Object
    title: str | None = None
    context: str | None = None


class Citations(Strict):
    """Whether what is found is to be cited."""

    enabled: Annotated[bool, Field(strict=True)]


class SearchResult(Strict):
    """Something that a search has found."""

    type: Literal["search_result"]
    source: str
    title: str
    content: list[Text]
    citations: Citations


class Base64(Strict):
    """Bytes in the event itself."""

    type: Literal["base64"]
    media_type: str
    data: str


class Plain(Strict):
    """Text in the event itself."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class OfFile(Strict):
    """A file that has an id."""

    type: Literal["file"]
    file_id: str


class OfUrl(Strict):
    """What an address leads to."""

    type: Literal["url"]
    url: Annotated[str, Field(min_length=1, max_length=2000)]


MESSAGE: Final[Mapping[str, type[Strict]]] = {"text": Text, "image": Image, "document": Document}
"""Blocks of a message."""
RESULT: Final[Mapping[str, type[Strict]]] = {**MESSAGE, "search_result": SearchResult}
"""Blocks of a result."""
IMAGE: Final[Mapping[str, type[Strict]]] = {"base64": Base64, "file": OfFile, "url": OfUrl}
DOCUMENT: Final[Mapping[str, type[Strict]]] = {**IMAGE, "text": Plain}
NOT_HERE: Final[Mapping[str, str]] = {
    "redacted": "what was withheld elsewhere says nothing to a model; leave the block out, or send what it stood for",
}


def read(given: Any, kinds: Mapping[str, type[Strict]], where: str) -> Any:
    """Read an object by its `type`; `where` names it. Raises Refusal."""
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(given, dict):
        raise invalid("must be an object", where)
    if kind is None:
        raise invalid("is missing", f"{where}.type")
    if not isinstance(kind, str) or kind not in kinds:
        there = f"{str(kind)[:100]!r} is not taken; there are {', '.join(kinds)}"
        raise invalid(NOT_HERE.get(kind, there) if isinstance(kind, str) else there, f"{where}.type")
    return shaped(kinds[kind], given, where)


def shaped(shape: type[Shape], given: Object, where: str) -> Shape:
    """Read an object of this shape; `where` names it. Raises Refusal."""
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        loc: Sequence[str | int] = first["loc"]
        said = {"missing": "is missing", "extra_forbidden": "is no field here; leave it out"}
        raise invalid(said.get(first["type"]) or words.says(first), place(where, loc)) from None


def place(where: str, loc: Sequence[str | int]) -> str:
    """Write a place as programs do: `events[0].content[1].text`."""
    return where + "".join(f"[{part}]" if isinstance(part, int) else f".{part[:100]}" for part in loc[:8])
