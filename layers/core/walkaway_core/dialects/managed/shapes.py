"""Blocks as events have them, out of those of the Messages API in which the conversation is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from walkaway_wire import jsontext

Block = Mapping[str, Any]
NO_CITATIONS: Final = {"enabled": False}


def blocks(content: str | Sequence[Block]) -> list[dict[str, Any]]:
    """Give content of a message or a result: a list in any case, without empty texts."""
    if isinstance(content, str):
        return [text(content)] if content else []
    shown = [_BLOCKS.get(str(block.get("type")), _other)(block) for block in content]
    return [block for block in shown if block != text("")]


def text(said: str) -> dict[str, Any]:
    """Make a block of text."""
    return {"type": "text", "text": said}


def found(content: Any) -> list[dict[str, Any]]:
    """Give what a tool of the model service's has found: a search has pages, and what is fetched a document."""
    if isinstance(content, Mapping):
        return _fetched(content)
    hits = [each for each in content or () if isinstance(each, Mapping) and "url" in each]
    return [_hit(each) for each in hits]


def failed(content: Any) -> bool:
    """Whether such a tool has answered with an error."""
    return isinstance(content, Mapping) and str(content.get("type", "")).endswith("_error")


def _hit(page: Block) -> dict[str, Any]:
    source, title = str(page["url"]), str(page.get("title") or page["url"])
    return {"type": "search_result", "source": source, "title": title, "content": [], "citations": {**NO_CITATIONS}}


def _fetched(content: Block) -> list[dict[str, Any]]:
    document = content.get("content")
    source = document.get("source") if isinstance(document, Mapping) else None
    if isinstance(source, Mapping) and source.get("type") == "text":
        return [text(str(source.get("data", "")))]
    return [text(str(content.get("error_code") or content.get("url") or ""))]


def _text(block: Block) -> dict[str, Any]:
    return text(str(block.get("text", "")))


def _image(block: Block) -> dict[str, Any]:
    return {"type": "image", "source": _source(block)}


def _document(block: Block) -> dict[str, Any]:
    return {
        "type": "document",
        "source": _source(block),
        "title": block.get("title"),
        "context": block.get("context"),
    }


def _source(block: Block) -> dict[str, Any]:
    source = block.get("source")
    return dict(source) if isinstance(source, Mapping) else {}


def _search_result(block: Block) -> dict[str, Any]:
    citations = block.get("citations")
    return {
        "type": "search_result",
        "source": str(block.get("source", "")),
        "title": str(block.get("title", "")),
        "content": [_text(each) for each in block.get("content") or ()],
        "citations": {"enabled": bool(isinstance(citations, Mapping) and citations.get("enabled"))},
    }


def _other(block: Block) -> dict[str, Any]:
    """Show what has no form of its own there as it is written."""
    return text(jsontext.dumps(dict(block)))


_BLOCKS: Final[Mapping[str, Callable[[Block], dict[str, Any]]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
}
