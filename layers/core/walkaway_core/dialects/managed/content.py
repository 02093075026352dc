"""Content of events that a client sends: checked, and as blocks of the Messages API (contract E.9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.agent import attachments
from walkaway_core.dialects.managed import content_wire
from walkaway_core.dialects.managed.addressed import Addresses
from walkaway_core.dialects.managed.content_wire import (
    DOCUMENT,
    IMAGE,
    MESSAGE,
    RESULT,
    Base64,
    Document,
    Image,
    OfFile,
    OfUrl,
    Plain,
    SearchResult,
    Text,
)
from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.log.said import Blocks, Said
from walkaway_core.store import identified, media_types
from walkaway_core.store.services import Services
from walkaway_wire.attaching import ALL_BYTES, MOST

Object = Mapping[str, Any]


@dataclass
class Reader:
    """Reads what one request says; its attachments together have a limit.

    `known`: it was read before, and is to be shown once more; nothing is fetched for that.
    """

    services: Services
    tenant: str
    known: bool = False
    bytes: int = 0
    attached: int = 0
    addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        self.addresses = Addresses(self.services)

    def message(self, content: Sequence[Object], where: str) -> Said:
        """Read what a message says; `where` names it. Raises Refusal, BodyTooLarge, FileNotFound, Unavailable."""
        blocks = [self._block(each, MESSAGE, f"{where}[{number}]") for number, each in enumerate(content)]
        said = [block for block in blocks if not _blank(block)]
        if not said:
            raise invalid("says nothing", where)
        return Said(said, _shown(content, said))

    def result(self, content: Sequence[Object], where: str) -> tuple[Blocks, Blocks]:
        """Read what came of a call: as the model gets it, and as it is shown where that is otherwise, else empty."""
        blocks = [self._block(each, RESULT, f"{where}[{number}]") for number, each in enumerate(content)]
        said = [block for block in blocks if not _blank(block)]
        return said, _shown(content, said) or []

    def _block(self, given: Object, kinds: Mapping[str, Any], where: str) -> dict[str, Any]:
        read = content_wire.read(given, kinds, where)
        if isinstance(read, Text):
            return {"type": "text", "text": read.text}
        if isinstance(read, SearchResult):
            return _found(read)
        if self.known and read.source.get("type") == "url":
            return {"type": read.type}
        self.attached += 1
        if self.attached > MOST:
            raise BodyTooLarge(f"{where}: a request may have {MOST} images and documents")
        try:
            block = self._image(read, where) if isinstance(read, Image) else self._document(read, where)
        except Invalid as error:
            raise _renamed(error, where) from None
        if block["type"] != read.type:
            raise invalid(f"is no {read.type}, and would be of the type {block['type']}", f"{where}.source")
        self._count(block, where)
        return block

    def _image(self, given: Image, where: str) -> dict[str, Any]:
        source = content_wire.read(given.source, IMAGE, f"{where}.source")
        if isinstance(source, OfFile):
            return self._of_file(source, where)
        if isinstance(source, OfUrl):
            return self._of_url(source, where)
        assert isinstance(source, Base64)
        return attachments.inline(where, source.media_type.lower(), source.data)

    def _document(self, given: Document, where: str) -> dict[str, Any]:
        source, title = content_wire.read(given.source, DOCUMENT, f"{where}.source"), given.title or ""
        if isinstance(source, OfFile):
            block = self._of_file(source, where, title)
        elif isinstance(source, OfUrl):
            block = self._of_url(source, where, title)
        elif isinstance(source, Plain):
            block = attachments.block(where, "text/plain", source.data.encode(), title)
        else:
            block = attachments.inline(where, source.media_type.lower(), source.data, title)
        return {**block, **({"context": given.context} if given.context else {})}

    def _of_file(self, source: OfFile, where: str, title: str = "") -> dict[str, Any]:
        kept = identified.get(self.services, self.tenant, source.file_id)
        if kept.size > ALL_BYTES:
            raise BodyTooLarge(f"{where}: the file has {kept.size} bytes; {ALL_BYTES} may be attached")
        data = b"".join(identified.read(self.services, kept))
        kind = kept.media if kept.media not in media_types.UNKNOWN else media_types.of(kept.name) or "text/plain"
        return attachments.block(where, kind, data, title or kept.name)

    def _of_url(self, source: OfUrl, where: str, title: str = "") -> dict[str, Any]:
        found = self.addresses.get(source.url, where)
        return attachments.block(where, found.media_type, found.data, title or found.name)

    def _count(self, block: Object, where: str) -> None:
        source = block["source"]
        self.bytes += len(source["data"]) * 3 // 4 if source["type"] == "base64" else len(source["data"])
        if self.bytes > ALL_BYTES:
            raise BodyTooLarge(f"{where}: the images and documents of a request may have {ALL_BYTES} bytes in all")


def _found(given: SearchResult) -> dict[str, Any]:
    """Say in words what a search has found: not every model takes blocks of that type."""
    texts = "\n\n".join(each.text for each in given.content)
    return {"type": "text", "text": f"{given.title}\n{given.source}\n\n{texts}".strip()}


def _blank(block: Object) -> bool:
    return block["type"] == "text" and not block["text"].strip()


def _shown(sent: Sequence[Object], said: Sequence[Object]) -> Blocks | None:
    """Give content as it was sent, where the model gets it otherwise."""
    shown = [{name: value for name, value in block.items() if value is not None} for block in sent]
    return None if shown == list(said) else shown


def _renamed(error: Invalid, where: str) -> Refusal:
    """Say what is wrong with an attachment in this dialect's form."""
    return invalid(str(error).removeprefix(where).lstrip(": "), where)
