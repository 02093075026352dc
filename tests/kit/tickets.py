"""Tickets of the engine by hand, and the way to finish a turn."""

from typing import Any

from tests.kit.engine import Engine
from walkaway_core.store.turns import Turn


def ticket(turn: Turn, **changes: Any) -> dict[str, Any]:
    return {**turn.ticket.json(), **changes}


def finish(engine: Engine, turn: Turn) -> dict[str, Any]:
    return engine.door("FinishTurn", ticket(engine.now(turn)))
