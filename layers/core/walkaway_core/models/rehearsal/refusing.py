"""What the offline model does not take, as the service does not: with the sentence that an error 400 has."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from walkaway_core.models import catalog
from walkaway_core.models.rehearsal.binding import blocks, misfit
from walkaway_core.settings import REHEARSAL
from walkaway_wire import jsontext

Block = dict[str, Any]

CHARACTERS_PER_TOKEN = 4
ATTACHED_TOKENS, BYTES_PER_TOKEN = 2_000, 20
"""What a picture is taken for, and at least a document; and so many bytes of a document."""
IMAGES: dict[str, Callable[[bytes], bool]] = {
    "image/png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "image/gif": lambda data: data.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
}
HEAD = 64
"""Characters in base64 that a picture is known by."""


def complaint(body: Block, *, counting: bool = False) -> str | None:
    """Say what is wrong with a request, in the service's words; `counting`: its tokens are only to be counted."""
    wrong = misfit(body) or misforced(body) or _unreadable(body["messages"])
    size, most = tokens(body), catalog.window(REHEARSAL, None)
    if wrong is None and size > most and not counting:
        return f"prompt is too long: {size} tokens > {most} maximum"
    return wrong


def tokens(body: Block) -> int:
    """Count a request's tokens, roughly."""
    attached = [block["source"] for *_, block in _all(body["messages"]) if _is_attached(block)]
    data = sum(len(source["data"]) for source in attached)
    written = (len(jsontext.dumps(body["messages"])) - data) // CHARACTERS_PER_TOKEN
    return written + sum(_attached(source) for source in attached)


def misforced(body: Block) -> str | None:
    """Say what is wrong with a choice of tools (Messages API, tool_choice)."""
    choice, names = body.get("tool_choice", {}), {tool["name"] for tool in body.get("tools", ())}
    if choice and not names:
        return "tool_choice: may only be specified while providing tools"
    if choice.get("type") == "tool" and choice["name"] not in names:
        return f"tool_choice: Tool '{choice['name']}' not found in provided tools"
    thinks = body.get("thinking", {}).get("type") in ("adaptive", "enabled", "between_tools")
    if choice.get("type") in ("any", "tool") and thinks:
        return "tool_choice: Thinking may not be enabled when tool_choice forces tool use."
    return None


def _attached(source: Block) -> int:
    if source["media_type"].startswith("image/"):
        return ATTACHED_TOKENS
    return max(ATTACHED_TOKENS, len(source["data"]) * 3 // 4 // BYTES_PER_TOKEN)


def _unreadable(messages: Sequence[Block]) -> str | None:
    """Name the first picture whose bytes are none of its type."""
    for i, j, block in _all(messages):
        if block["type"] == "image" and _is_attached(block):
            is_one = IMAGES.get(block["source"]["media_type"])
            if is_one is None or not is_one(_head(block["source"]["data"])):
                return f"messages.{i}.content.{j}.image.source.base64.data: Could not process image"
    return None


def _all(messages: Sequence[Block]) -> Iterator[tuple[int, int, Block]]:
    """Give all blocks with their places, those in a tool's result with the place of that."""
    for i, message in enumerate(messages):
        for j, block in enumerate(blocks(message["content"])):
            yield i, j, block
            if block["type"] == "tool_result":
                yield from ((i, j, inner) for inner in blocks(block.get("content", [])))


def _is_attached(block: Block) -> bool:
    return isinstance(block.get("source"), dict) and block["source"].get("type") == "base64"


def _head(data: str) -> bytes:
    try:
        return base64.b64decode(data[:HEAD], validate=True)
    except (binascii.Error, ValueError):
        return b""
