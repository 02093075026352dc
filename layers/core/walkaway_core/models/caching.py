"""Where the service's prompt cache is to stop (Messages API, prompt caching): so that a step pays for what is new.

A marker says that all up to it is kept. The markers are at the end of the instructions, with the tools before them, at
the end of the conversation, and where the last step's conversation ended: that prefix is read from the cache, and since
a conversation only grows, it is always the same.

What is kept lives for five minutes from the start of the request that wrote or read it, or for an hour, which costs
two input tokens instead of one and a quarter. A step that is late pays for the whole conversation again; so where one
of the last was, all markers ask for the hour, since none that lives longer may stand behind one that lives shorter.
"""

from collections.abc import Sequence
from typing import Any

MARKER = {"cache_control": {"type": "ephemeral"}}
FOR_AN_HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def instructions(system: str, *, slow: bool = False) -> list[dict[str, Any]]:
    """The instructions as a marked block."""
    return [{"type": "text", "text": system, **(FOR_AN_HOUR if slow else MARKER)}]


def conversation(messages: Sequence[dict[str, Any]], *, slow: bool = False) -> list[dict[str, Any]]:
    """Messages whose last two of the user's are marked at their ends; the ones given are left as they are."""
    users = [i for i, message in enumerate(messages) if message["role"] == "user"][-2:]
    marker = FOR_AN_HOUR if slow else MARKER
    return [_marked(message, marker) if i in users else message for i, message in enumerate(messages)]


def _marked(message: dict[str, Any], marker: dict[str, Any]) -> dict[str, Any]:
    *before, last = message["content"]
    return {**message, "content": [*before, {**last, **marker}]}
