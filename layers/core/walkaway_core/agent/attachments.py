"""Images, PDFs and texts that go with a message: checked, and made into blocks of the Messages API."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from walkaway_core.agent import texts
from walkaway_core.errors import BodyTooLarge, FileNotFound, Invalid
from walkaway_core.ports import paths
from walkaway_core.store import files, media_types
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_wire.attaching import ALL_BYTES, MOST, NO_TEXT, PDF, TEXT_BYTES, most_bytes

Block = dict[str, Any]

SIGNATURES: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda data: data.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    PDF: lambda data: b"%PDF-" in data[:1024],
}
"""What can be attached besides texts, and how it is known."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the workspace by `path`, or `data` in base64 with its `media_type`."""

    path: str = ""
    media_type: str = ""
    data: str = ""
    name: str = ""


def blocks(services: Services, session: Session, attached: Sequence[Attachment]) -> list[Block]:
    """Read and check attachments; give their blocks in order.

    Raises Invalid, BodyTooLarge, PathInvalid, PathForbidden; messages name the attachment.
    """
    if len(attached) > MOST:
        raise BodyTooLarge(f"There are {len(attached)} attachments; the most is {MOST}")
    made, total = [], 0
    for index, attachment in enumerate(attached):
        where = f"attachments[{index}]"
        name, media_type, data = _load(services, session, attachment, where)
        total += len(data)
        if total > ALL_BYTES:
            raise BodyTooLarge(f"The attachments have more than {ALL_BYTES} bytes in all")
        made.append(_block(where, name, media_type, data))
    return made


def inline(where: str, media_type: str, data: str, name: str = "") -> Block:
    """Check what is given in base64, and make its block; `where` names it. Raises Invalid, BodyTooLarge."""
    return block(where, media_type, _decoded(where, data), name)


def block(where: str, media_type: str, data: bytes, name: str = "") -> Block:
    """Check what is given, and make its block; `where` names it. Raises Invalid, BodyTooLarge."""
    return _block(where, name, media_type.lower(), data)


def _decoded(where: str, data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except ValueError as error:  # also for what is not ASCII
        raise Invalid(f"{where}: data is not base64 ({error})") from None


def _load(services: Services, session: Session, attachment: Attachment, where: str) -> tuple[str, str, bytes]:
    """Give name, media type and bytes."""
    if bool(attachment.path) == bool(attachment.data):
        raise Invalid(f"{where} needs either a path, or media_type and data")
    if attachment.data:
        if not attachment.media_type:
            raise Invalid(f"{where} has data but no media_type")
        return attachment.name, attachment.media_type.lower(), _decoded(where, attachment.data)
    path = paths.clean_agent(attachment.path)
    try:
        info = files.stat(services, session, path)
        if info.is_directory:
            raise Invalid(f"{where}: {path!r} is a directory; attach files")
        if info.size > ALL_BYTES:
            raise BodyTooLarge(f"{where}: {path!r} has {info.size} bytes; the most is {ALL_BYTES}")
        data = b"".join(files.read(services, session, path))
    except FileNotFound:
        raise Invalid(f"{where}: there is no {path!r} in the workspace; upload it first") from None
    guessed = attachment.media_type or media_types.of(path) or "text/plain"
    return attachment.name or paths.shown(path), guessed.lower(), data


def _block(where: str, name: str, media_type: str, data: bytes) -> Block:
    if media_type not in SIGNATURES:
        return _text(where, name, media_type, data)
    most = most_bytes(media_type)
    if len(data) > most:
        raise BodyTooLarge(f"{where} has {len(data)} bytes; {media_type} may have {most}")
    if not SIGNATURES[media_type](data):
        raise Invalid(f"{where} is not {media_type}: its bytes begin otherwise")
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    if media_type != PDF:
        return {"type": "image", "source": source}
    return {"type": "document", "source": source} | ({"title": name[:500]} if name else {})


def _text(where: str, name: str, media_type: str, data: bytes) -> Block:
    try:
        words = "" if NO_TEXT.match(media_type) else texts.decode(data).words
    except UnicodeDecodeError:
        words = ""
    if not words and data:
        known = ", ".join(SIGNATURES)
        raise Invalid(f"{where} ({media_type}) is no text, and none of {known}; put it into the workspace")
    if len(data) > TEXT_BYTES:
        raise BodyTooLarge(f"{where} has {len(data)} bytes; a text may have {TEXT_BYTES}")
    if not words.strip():
        raise Invalid(f"{where} is empty")
    source = {"type": "text", "media_type": "text/plain", "data": words}
    return {"type": "document", "source": source} | ({"title": name[:500]} if name else {})
