"""Ids that carry their place: a response, an item or a conversation is found by reading its id (decision 0030).

    resp_  session 24  turn 24
    conv_  session 24
    msg_   session 24  turn 24  step 4  attempt 3  number 2        and so each kind of item

All digits are hex, those of session and turn their own. An item's number counts those of its kind in its attempt, from
0; a number beyond 255 has as many digits as it needs. What the caller has sent stands at step 0, attempt 0. The longest
has 62 characters of the 64 that Open Responses allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "message": "msg",
        "function_call": "fc",
        "function_call_output": "fco",
        "reasoning": "rs",
        "mcp_call": "mcp",
        "mcp_list_tools": "mcpl",
        "mcp_approval_request": "mcpr",
        "mcp_approval_response": "mcpa",
        "web_search_call": "ws",
        "code_interpreter_call": "ci",
        "custom_tool_call": "ctc",
        "custom_tool_call_output": "ctco",
        "shell_call": "sh",
        "shell_call_output": "sho",
        "compaction": "cmp",
    }
)
"""How ids of items begin, by the items' types."""

_TYPES: Final = {prefix: type_ for type_, prefix in PREFIXES.items()}
_HEX: Final = "[0-9a-f]"
_RESPONSE = re.compile(f"resp_({_HEX}{{24}})({_HEX}{{24}})")
_CONVERSATION = re.compile(f"conv_({_HEX}{{24}})")
_ITEM = re.compile(
    f"([a-z]+)_({_HEX}{{24}})({_HEX}{{24}})({_HEX}{{4}})({_HEX}{{3}})({_HEX}{{2}}|[1-9a-f]{_HEX}{{2,3}})"
)


@dataclass(frozen=True, slots=True)
class Names:
    """A response's turn and session, by the ids that these have themselves."""

    session: str
    turn: str

    @property
    def response(self) -> str:
        """The id of the response."""
        return f"resp_{_digits(self.session)}{_digits(self.turn)}"

    @property
    def conversation(self) -> str:
        """The id of the conversation that the session is."""
        return conversation(self.session)

    def item(self, type_: str, step: int, attempt: int, number: int) -> str:
        """Make the id of the item of this type that is the `number`-th of its kind, from 0, in an attempt at a step."""
        place = f"{step:04x}{attempt:03x}{number:02x}"
        return f"{PREFIXES[type_]}_{_digits(self.session)}{_digits(self.turn)}{place}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: its response, and the numbers of its id."""

    names: Names
    type: str
    step: int
    attempt: int
    number: int

    @property
    def sent(self) -> bool:
        """Whether it is the caller's own, of the response's input."""
        return self.step == self.attempt == 0


def conversation(session: str) -> str:
    """Make the id of the conversation that a session is."""
    return f"conv_{_digits(session)}"


def read_response(id_: str) -> Names | None:
    """Say which turn a response is; None for an id that was not made here."""
    found = _RESPONSE.fullmatch(id_)
    return _names(*found.groups()) if found else None


def read_conversation(id_: str) -> str | None:
    """Say which session a conversation is; None for an id that was not made here."""
    found = _CONVERSATION.fullmatch(id_)
    return f"sess_{found[1]}" if found else None


def read_item(id_: str) -> Place | None:
    """Say where an item stands; None for an id that was not made here, such as one of another service."""
    found = _ITEM.fullmatch(id_)
    if found is None or found[1] not in _TYPES:
        return None
    prefix, session, turn, *numbers = found.groups()
    return Place(_names(session, turn), _TYPES[prefix], *(int(number, 16) for number in numbers))


def _names(session: str, turn: str) -> Names:
    return Names(f"sess_{session}", f"msg_{turn}")


def _digits(id_: str) -> str:
    """Give the 24 hex digits of an id of ours (`ports.clock.Ids`)."""
    return id_.rpartition("_")[2]
