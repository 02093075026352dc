"""What is sent: a body for each format."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from walkaway_core import records, turns
from walkaway_core.keys import SessionKey
from walkaway_core.outbox import Told
from walkaway_core.services import Services
from walkaway_core.turns import Turn
from walkaway_wire import jsontext


def native(services: Services, told: Told, turn: Turn | None) -> dict[str, Any]:
    """Our own: what has happened, when, and to what; of a turn its record, with the result."""
    data: dict[str, Any] = {"session_id": told.session} if told.session else {}
    if turn:
        data = records.responses(services, [turn])[0].model_dump()
    elif told.turn:
        data["id"] = told.turn
    return {
        "type": told.kind,
        "id": told.id,
        "timestamp": datetime.fromtimestamp(told.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "sequence": told.sequence,
        "data": data | dict(told.more),
    }


FORMATS: Mapping[str, Callable[[Services, Told, Turn | None], dict[str, Any]]] = {"native": native}


def body(services: Services, format_: str, told: Told, turn: Turn | None) -> bytes:
    """Write a body."""
    return jsontext.dump_bytes(FORMATS[format_](services, told, turn))


def subject(services: Services, told: Told) -> Turn | None:
    """Find the turn that something is about, if it is one and is still there."""
    return turns.load(services, SessionKey(told.tenant, told.session).turn(told.turn)) if told.turn else None
