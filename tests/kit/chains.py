"""Turns that go on from each other, made by hand: in new sessions, or in the one of the turn before."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.kit.engine import Engine
from tests.kit.steps import run
from walkaway_core.engine import placing, starting
from walkaway_core.engine.starting import Message
from walkaway_core.store import sessions
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.turns import Turn

TTL = 3_600


def said(message: str, **more: Any) -> Message:
    """Make a message."""
    return Message([{"type": "text", "text": message}] if message else [], **more)


def begin(
    engine: Engine,
    message: str,
    parent: TurnKey | None = None,
    imported: Sequence[Mapping[str, Any]] = (),
    **options: Any,
) -> Turn:
    """Begin a turn in a new session behind another turn, if one is named."""
    made = starting.with_session(
        engine.services, "t", chain(**options), said(message), None, parent=parent, imported=imported
    )
    assert made
    return made


def forked(
    engine: Engine,
    message: str,
    parent: TurnKey | None = None,
    imported: Sequence[Mapping[str, Any]] = (),
    **options: Any,
) -> Turn:
    """Take such a turn to its end."""
    turn = begin(engine, message, parent, imported, **options)
    run(engine, turn)
    return engine.now(turn)


def next_(engine: Engine, message: str, before: Turn) -> Turn:
    """Take the next turn of a chain's session to its end."""
    session = placing.successor(engine.services, before.key, chain())
    assert session
    turn = starting.claim(engine.services, session, said(message), None)
    assert turn
    run(engine, turn)
    return engine.now(turn)


def chain(**options: Any) -> sessions.SessionOptions:
    """Options of a session that is a chain."""
    return sessions.options({"model": "test-model", "ttl": TTL, "chain": True} | options)
