"""Messages to a busy session, as tests of the engine send them and look for them."""

from typing import Any

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi
from walkaway_core.engine import sending
from walkaway_core.engine.sending import Sent
from walkaway_core.log import spoken, transcript
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.turns import Turn


def send(engine: Engine, session: SessionKey, message: str, on_busy: Any, key: str = "") -> Sent:
    once = Once.of(session, key, {"message": message, "on_busy": on_busy}) if key else None
    return sending.send(engine.services, session, message, once, on_busy=on_busy)


def go_on(engine: Engine, turn: Turn) -> dict[str, Any]:
    """Let a turn go to its end, as the state machine would; give the last state."""
    state: dict[str, Any] = {**turn.ticket.json(), "next": "call_model"}
    while state["next"] != "over":
        state = engine.door("CallModel" if state["next"] in ("call_model", "tools") else "FinishTurn", state)
        for index in state["calls"]:
            engine.door("RunTool", {**state, "call": index})
    return state


def said(engine: Engine, session: SessionKey) -> list[str]:
    """What was said in the conversation, in its order."""
    found, _ = spoken.newest(engine.services, session, limit=100)
    return [transcript.text(entry.body["content"]) for entry in found if entry.call is None]


def words(model: MessagesApi, index: int = -1) -> list[str]:
    """What the user says in a request."""
    messages = [message for message in model.requests[index]["messages"] if message["role"] == "user"]
    return [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]


def queue(engine: Engine, session: SessionKey) -> list[str]:
    return [item.sk for item in engine.table.query(session.partition, after="QUEUE#", upto="QUEUE#~").items]


def told(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    """What the bus has been told."""
    return engine.told
