"""What a session's record is read as: what it was told once for all that were told the same."""

from dataclasses import replace

import pytest

from walkaway_core.ports.items import Item
from walkaway_core.store import session_facts, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire import gate, jsontext

KEY = SessionKey("alice", "sess_1")


def stored(body: bytes) -> Item:
    return Item(*KEY.item, session_facts.made(1, 2, "due", "{}"), body)


@pytest.mark.parametrize("length", [10, sessions.SMALL])
def test_what_sessions_were_told_is_read_once_unless_it_is_large(length: int) -> None:
    told = SessionOptions(ttl=77, settings=AgentSettings(instructions="x" * length, approve=("bash",)))
    item = stored(jsontext.dump_bytes(told.body))
    one, other = (sessions.unpack(KEY, each).options for each in (item, replace(item, facts=dict(item.facts))))
    assert one == other == told
    assert (one is other) == (length < sessions.SMALL)


@pytest.mark.parametrize(("body", "why"), [(b"[]", "no object"), (b'{"unreadable": ""}', "settings")])
def test_what_it_was_told_that_cannot_be_read_is_told_of_each(body: bytes, why: str) -> None:
    for _ in range(2):
        found = sessions.unpack(KEY, stored(body))
        assert not found.readable
        assert why in str(found.metadata[gate.UNREADABLE])
        assert (found.options.read, found.options.write) == ((), ())
