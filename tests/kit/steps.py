"""Steps of a turn against a model service over a socket, and what came of them."""

from typing import Any

from tests.kit.engine import Engine
from tests.kit.messages_api import Block, MessagesApi
from walkaway_core.store.turns import Turn
from walkaway_wire.events import Event


def step(engine: Engine, turn: Turn, number: int = 1) -> dict[str, Any]:
    """Let the model have a step, after those before it, in an execution of 0.1.0: that takes one at a time."""
    return engine.door("CallModel", {**turn.ticket.json(), "step": number - 1})


def go(engine: Engine, turn: Turn, number: int = 1) -> dict[str, Any]:
    """Let a turn go as far as it can, from this step on, in an execution of this release."""
    return engine.door("CallModel", {**begun(turn), "step": number - 1})


def begun(turn: Turn) -> dict[str, Any]:
    """A turn's ticket as the state machine's first state leaves it."""
    return {**turn.ticket.json(), "ways": 3}


def run(engine: Engine, turn: Turn) -> list[Event]:
    """Let a turn go to its end, as the state machine would."""
    state = engine.door("CallModel", begun(turn))
    while state["next"] not in ("done", "over"):
        if state["next"] == "wait":
            engine.clock.time += state["seconds"]
        for index in state["calls"]:
            engine.door("RunTool", {**state, "call": index})
        if state["next"] == "tool":
            state = engine.door("RunTool", state)
        state = engine.door("CallModel", state)
    engine.door("FinishTurn", state)
    return engine.events(turn)


def of(events: list[Event], *types: str) -> list[dict[str, Any]]:
    """The data of events of these types, unnumbered."""
    return [{k: v for k, v in e.data.items() if k != "sequence_number"} for e in events if e.type in types]


def asked(model: MessagesApi, index: int = -1) -> list[Block]:
    """The messages of a request, without the markers of the cache."""
    return [
        {**message, "content": [{k: v for k, v in b.items() if k != "cache_control"} for b in message["content"]]}
        for message in model.requests[index]["messages"]
    ]
