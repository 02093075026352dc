"""A task's inputs: numbered texts and images, and files that were uploaded for it, as one message."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from walkaway_core.agent import attachments
from walkaway_core.agent.attachments import SIGNATURES, Attachment
from walkaway_core.engine.starting import SAYS_NOTHING
from walkaway_core.errors import FileNotFound, Invalid, PathForbidden, PathInvalid
from walkaway_core.ports import paths
from walkaway_core.store import files
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_wire import jsontext

FOLDER = "inputs"
NAME_CHARACTERS = 100
_REFERENCE = re.compile(rf"{FOLDER}/in_[0-9a-f]{{24}}/[^/]+")
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)
_SAFE = re.compile(r"[^\w.() -]+")


def store(services: Services, tenant: str, name: str, chunks: Iterable[bytes]) -> str:
    """Keep an uploaded file in the workspace; give its reference, which is its path there.

    Raises PathForbidden, PathConflict where somebody has a file called `inputs`.
    """
    clean = _SAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    reference = f"{FOLDER}/{services.ids.new('in_')}/{paths.shortened(clean, NAME_CHARACTERS) or 'file'}"
    files.place(services, tenant, reference, chunks)
    return reference


def message(services: Services, session: Session, inputs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Make the content of a task's message. Raises Invalid, BodyTooLarge, and what attachments raise."""
    strings = _numbered(inputs.get("strings") or {})
    texts, attached = [], list[Attachment]()
    for slot, value in strings:
        string = jsontext.whole(value if isinstance(value, str) else jsontext.dumps(value))
        if _REFERENCE.fullmatch(string) and _there(services, session, string):
            attached += [Attachment(path=string)] if _can_be_shown(services, session, string) else []
            string = f"The file {paths.MOUNT}/{string}"
        texts.append(string if len(strings) == 1 else f"Input {slot}:\n{string}")
    attached += [_image(slot, value) for slot, value in _numbered(inputs.get("images") or {})]
    text = "\n\n".join(text for text in texts if text.strip()) or SAYS_NOTHING
    return [*attachments.blocks(services, session, attached), {"type": "text", "text": text}]


def _numbered(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(given.items(), key=lambda item: (not item[0].isdigit(), len(item[0]), item[0]))


def _there(services: Services, session: Session, path: str) -> bool:
    try:
        return not files.stat(services, session, path).is_directory
    except (FileNotFound, PathForbidden, PathInvalid):  # a text that only looks like a reference
        return False


def _can_be_shown(services: Services, session: Session, path: str) -> bool:
    """Whether the model can look at a file itself; else it uses its tools."""
    begin = b"".join(services.workspace.read(paths.files(session.key.tenant), path, 0, 1024) or ())
    suffix = path.rpartition(".")[2].lower()
    return _kind(begin).endswith(f"/{suffix.replace('jpg', 'jpeg')}")


def _kind(begin: bytes) -> str:
    """Tell by how a file begins what the model can look at; `""` for anything else."""
    return next((kind for kind, fits in SIGNATURES.items() if fits(begin)), "")


def _kind_of_base64(text: str) -> str:
    try:
        return _kind(base64.b64decode(text[:64], validate=True))
    except ValueError:
        return ""


def _image(slot: str, value: Any) -> Attachment:
    """Read an image: a reference, a path of the workspace, a data URL, or base64."""
    if not isinstance(value, str) or not value:
        raise Invalid(f"images.{slot} must be text: a reference, a data URL, or base64")
    if value.startswith(("http://", "https://")):
        raise Invalid(f"images.{slot} is an address; upload the image, or send it as a data URL")
    if match := _DATA.fullmatch(value):
        return Attachment(media_type=match[1], data=match[2], name=f"image {slot}")
    if kind := _kind_of_base64(value):
        return Attachment(media_type=kind, data=value, name=f"image {slot}")
    return Attachment(path=value, name=f"image {slot}")
