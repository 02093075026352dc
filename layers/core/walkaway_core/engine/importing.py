"""What was said elsewhere, and comes along with a message: it stands in the conversation before that.

It was never a turn's: nothing ran for it, and each of its messages says itself what it answers. That a model may be
given it, each call with its result behind it, is for whoever brings it to see to.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_wire import jsontext

MOST, BYTES = 2_000, 10_000_000
"""Messages that may come along with one, and bytes of their JSON."""
KEPT = ("prefix", "bare", "stop_reason")
"""What an answer may say besides of itself, as a step's answer does (`transcript.answer_entry`)."""


def read(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put messages into the form in which they are stored: roles take turns, content is blocks, results come first.

    Each has `role` "user" or "assistant" and `content`, a text or blocks of the Messages API; of an answer also what is
    KEPT, where its thinking is to be sent back. Raises Invalid, BodyTooLarge.
    """
    if len(messages) > MOST:
        raise BodyTooLarge(f"{len(messages)} messages came along with this one; the limit is {MOST:,}")
    read_ = joined([_read(message) for message in messages])
    size = len(jsontext.dump_bytes(read_)) if read_ else 0
    if size > BYTES:
        raise BodyTooLarge(f"What came along with this message has {size:,} bytes; the limit is {BYTES:,}")
    return read_


def joined(*parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put lists of messages behind each other, so that roles take turns; empty ones are left out."""
    made: list[dict[str, Any]] = []
    for message in (message for part in parts for message in part):
        if made and made[-1]["role"] == message["role"]:
            made[-1] = _joined(made[-1], message)
        elif message["content"]:
            made.append(message)
    return made


def _read(message: Mapping[str, Any]) -> dict[str, Any]:
    role, content = message["role"], message["content"]
    if role not in ("user", "assistant"):
        raise Invalid(f"What came along with this message was said by {role!r}; it can be by a user or an assistant")
    texts = [{"type": "text", "text": content}] if content else []
    blocks = texts if isinstance(content, str) else list(content)
    about = {"stop_reason": "end_turn", **message} if role == "assistant" else {}
    extras = {name: about[name] for name in KEPT if name in about}
    return {"role": role, "content": blocks, **extras}


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Make one message of two of a role. Thinking of both goes back only where the same stood before them."""
    content = sorted([*first["content"], *second["content"]], key=lambda block: block["type"] != "tool_result")
    if first["role"] == "assistant":
        content = [*first["content"], *second["content"]]
    extras = {name: second[name] for name in KEPT if name in second and first.get(name, second[name]) == second[name]}
    return {"role": first["role"], "content": content, **extras}
