"""An upload as a form: what its part and its field say of the file that is to be made (contract E.13)."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from walkaway_core.dialects.managed.file_wire import LEAST_SECONDS, MOST_SECONDS
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.http import errors, forms, repetitions
from walkaway_core.http.access import Caller
from walkaway_core.store import idempotency, identified, media_types
from walkaway_core.store.files import MOST_BYTES
from walkaway_core.store.kept import Kept, Told, trouble

FIELDS: Final = ("file", "expires_in_seconds")
UPLOADED: Final = "user_data"
UNNAMED: Final = "unnamed"
MEDIA: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*;[\x20-\x7e]*)?")
LONGEST_MEDIA: Final = 255


def make(caller: Caller, request: Request, given: FormData) -> Kept:
    """Make the file of a form; the same request again has the same one. Raises Refusal, BodyTooLarge, QuotaReached."""
    names = [name for name, _ in given.multi_items()]
    if wrong := next((name for name in names if name not in FIELDS), None):
        raise invalid("a file has no such field; there are `file` and `expires_in_seconds`", wrong[:100])
    if twice := next((name for name in FIELDS if names.count(name) > 1), None):
        raise invalid("is there more than once; send it once", twice)
    part = given.get("file")
    if not isinstance(part, UploadFile):
        raise invalid("send the bytes as a part of this name", "file")
    if (part.size or 0) > MOST_BYTES:
        raise errors.too_large(MOST_BYTES)
    told = told_of(part, given.get("expires_in_seconds"))
    once = repetitions.once(caller, request, "managed_file", _asked(told, part))
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: identified.create(caller.services, caller.tenant, told, forms.chunks(part), once),
        lambda key: identified.by_key(caller.services, caller.tenant, key),
    )
    return made


def told_of(part: UploadFile, seconds: object) -> Told:
    """Read what a part says of its file. Raises Refusal."""
    media = media_of(part.content_type or "")
    name = re.split(r"[/\\]", part.filename or "")[-1]
    if name in ("", ".", ".."):
        name = UNNAMED + media_types.ending(media)
    if said := trouble(name):
        raise invalid(said, "file")
    if not media:
        media = media_types.of(name) or "application/octet-stream"
    return Told(name, media, UPLOADED, _seconds(seconds))


def media_of(text: str) -> str:
    """Give a media type as a client said it; empty for what is none."""
    text = text.strip()
    return text if len(text) <= LONGEST_MEDIA and MEDIA.fullmatch(text) else ""


def _seconds(given: object) -> int | None:
    if given is None:
        return None
    text = str(given)
    if text.isascii() and text.isdecimal() and LEAST_SECONDS <= int(text[:10]) <= MOST_SECONDS:
        return int(text)
    raise invalid(f"must be a whole number from {LEAST_SECONDS} to {MOST_SECONDS}", "expires_in_seconds")


def _asked(told: Told, part: UploadFile) -> Mapping[str, Any]:
    """Say what is asked for, however the form was written."""
    digest = hashlib.sha256()
    for chunk in forms.chunks(part):
        digest.update(chunk)
    return {"name": told.name, "media": told.media, "seconds": told.seconds, "sha256": digest.hexdigest()}
