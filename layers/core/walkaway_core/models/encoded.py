"""A request as JSON: what has been sent before as it is, such as most of a long conversation, is not encoded anew."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.ports.model import Repeated
from walkaway_wire import jsontext


def encoded(body: Mapping[str, Any]) -> bytes:
    """Encode a request's body. Raises UnicodeEncodeError for half a surrogate pair."""
    about = jsontext.dump_whole({name: value for name, value in body.items() if name != "messages"})
    return b'{"messages":[%b],%b' % (b",".join(map(_text, body["messages"])), about[1:])


def _text(message: dict[str, Any]) -> bytes:
    if not isinstance(message, Repeated):
        return jsontext.dump_whole(message)
    if message.text is None:
        message.text = jsontext.dump_whole(message)
    return message.text
