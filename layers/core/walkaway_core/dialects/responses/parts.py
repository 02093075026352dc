"""The parts of a message that is sent, and of a function's output: as blocks of the Messages API (contract D.10)."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from walkaway_core.agent import attachments
from walkaway_core.dialects.responses.problems import MISSING, Refusal
from walkaway_core.dialects.responses.refusing import value as unsupported
from walkaway_core.errors import FileNotFound, Invalid
from walkaway_core.store import media_types

Block = dict[str, Any]
Object = Mapping[str, Any]
DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^,]*)?;base64,(.*)", re.DOTALL)
TEXTS: Final = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "summary_text": "text",
    "refusal": "refusal",
}
"""Types of parts that are text, and where it stands."""
INLINE: Final = "send the content itself, as a data URL, or its file_id (POST /v1/files)"


class Sent(NamedTuple):
    """A file that was sent before, and has an id."""

    name: str
    media: str
    data: bytes


Fetch = Callable[[str], Sent]
"""Reads the file with an id. Raises FileNotFound, BodyTooLarge, Unavailable."""


def blocks(content: Any, where: str, fetch: Fetch) -> list[Block]:
    """Read what a message says: a text, or parts. Texts that say nothing are left out.

    Raises Refusal, BodyTooLarge, Unavailable.
    """
    if content is None or isinstance(content, str):
        return _text(content or "")
    if not isinstance(content, list):
        raise Refusal(f"{where} must be a text, or a list of parts", where)
    read: list[Block] = []
    for number, part in enumerate(content):
        place = f"{where}[{number}]"
        if not isinstance(part, dict):
            raise Refusal(f"{place} must be an object", place)
        read += _part(part, place, fetch)
    return read


def texts(read: Sequence[Block]) -> str:
    """Give the text of blocks."""
    return "\n\n".join(block["text"] for block in read if block["type"] == "text")


def _part(part: Object, where: str, fetch: Fetch) -> list[Block]:
    kind = part.get("type")
    if kind is None:
        raise Refusal(f"{where}.type is missing", f"{where}.type", MISSING)
    if name := TEXTS.get(str(kind)):
        said = part.get(name)
        if not isinstance(said, str):
            raise Refusal(f"{where}.{name} must be a text", f"{where}.{name}")
        return _text(said)
    if reader := _FILES.get(str(kind)):
        try:
            return [_of_id(part, where, fetch) if part.get("file_id") else reader(part, where)]
        except Invalid as error:
            raise Refusal(str(error), where) from None
    raise unsupported(f"{where}.type", f"{where}: parts of the type {str(kind)[:100]!r} are not taken")


def _text(said: str) -> list[Block]:
    return [{"type": "text", "text": said}] if said.strip() else []


def _image(part: Object, where: str) -> Block:
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    if not isinstance(url, str):
        raise Refusal(f"{where}.image_url is missing", f"{where}.image_url", MISSING)
    found = DATA_URL.fullmatch(url)
    if not found:
        raise unsupported(f"{where}.image_url", f"{where}.image_url: addresses are not fetched; {INLINE}")
    return attachments.inline(where, found[1], found[2])


def _file(part: Object, where: str) -> Block:
    if part.get("file_url"):
        raise unsupported(f"{where}.file_url", f"{where}.file_url: addresses are not fetched; {INLINE}")
    data, name = part.get("file_data"), part.get("filename") or ""
    if not isinstance(data, str) or not isinstance(name, str):
        raise Refusal(f"{where}.file_data is missing", f"{where}.file_data", MISSING)
    found = DATA_URL.fullmatch(data)
    kind = (found[1] if found else "") or media_types.of(name) or "text/plain"
    return attachments.inline(where, kind, found[2] if found else data, name)


def _of_id(part: Object, where: str, fetch: Fetch) -> Block:
    """Take a file by its id: what the part says of it besides is its name there."""
    try:
        sent = fetch(str(part["file_id"]))
    except FileNotFound as error:
        raise Refusal(str(error), f"{where}.file_id", "not_found", 404) from None
    kind = sent.media if sent.media not in media_types.UNKNOWN else media_types.of(sent.name) or "text/plain"
    return attachments.block(where, kind, sent.data, sent.name)


_FILES: Final[Mapping[str, Callable[[Object, str], Block]]] = {"input_image": _image, "input_file": _file}
