"""Where the service's prompt cache is to stop (Messages API, prompt caching): so that a step pays for what is new.

A marker says that all up to it is kept. The markers are at the end of the instructions, with the tools before them, at
the end of the conversation, and where the last step's conversation ended: that prefix is read from the cache, and since
a conversation only grows, it is always the same.
"""

from collections.abc import Sequence
from typing import Any

MARKER = {"cache_control": {"type": "ephemeral"}}


def instructions(system: str) -> list[dict[str, Any]]:
    """The instructions as a marked block."""
    return [{"type": "text", "text": system, **MARKER}]


def conversation(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages whose last two of the user's are marked at their ends; the ones given are left as they are."""
    users = [i for i, message in enumerate(messages) if message["role"] == "user"][-2:]
    return [_marked(message) if i in users else message for i, message in enumerate(messages)]


def _marked(message: dict[str, Any]) -> dict[str, Any]:
    *before, last = message["content"]
    return {**message, "content": [*before, {**last, **MARKER}]}
