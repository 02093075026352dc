"""What the turn of a response keeps of its request: what was asked for, and the items of its input.

A turn that was made here has the fact `response`: `background` or `foreground`. Both items are written with it, below
its session, and never change. A turn of the sessions API has neither, and is a response as well.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from walkaway_core.dialects.responses import keys
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.ids import PREFIXES
from walkaway_core.dialects.responses.items import Item
from walkaway_core.ports import items
from walkaway_core.ports.items import Fact
from walkaway_core.store import bodies, salvage, turn_facts
from walkaway_core.store.extensions import Projection
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import gate, jsontext

MADE: Final = "response"
"""The fact of a turn that this dialect has made."""


def facts(asked: Asked) -> Mapping[str, Fact]:
    """What the turn's record says of it."""
    signed = turn_facts.SIGNED if asked.seal else {}
    return {MADE: "background" if asked.background else "foreground", **signed}


def keep(services: Services, tx: Transaction, key: TurnKey, asked: Asked, given: Sequence[Item]) -> None:
    """Write both with the turn. What is large is written here, at a name that the turn alone has."""
    for place, name, body in (
        (keys.asked(key), "response", jsontext.dump_bytes(asked.body)),
        (keys.given(key), "input", jsontext.dump_bytes([*given])),
    ):
        path = f"{key.session}/{name}-{key.turn}"
        text, pointer = bodies.stow(services.workspace, key.tenant, path, body)
        tx.put(items.Item(*place, pointer, text))


def asked(services: Services, turn: Turn) -> Asked:
    """Read what a turn was asked for; where nobody has said it, or it cannot be read, nothing in particular."""
    if MADE not in turn.facts:
        return Asked()
    body = gate.stored_object(_read(services, turn.key, keys.asked(turn.key)))
    try:
        return Asked.stored(body)
    except salvage.WRONG:
        return Asked()


def given(services: Services, turn: Turn) -> list[Item] | None:
    """Read the items of its input; None where it was not made here, or they cannot be read."""
    if MADE not in turn.facts:
        return None
    items = gate.stored(_read(services, turn.key, keys.given(turn.key)))
    readable = isinstance(items, list) and all(
        isinstance(item, dict) and item.get("type") in PREFIXES for item in items
    )
    return items if readable else None


class Responses(Projection):
    """Takes what is kept of a response away with its turn."""

    def turn_removed(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """Remove both; what is large stands beside the table."""
        if MADE not in turn.facts:
            return
        for item in services.table.get(keys.asked(turn.key), keys.given(turn.key)):
            if item and "body_at" in item.facts:
                services.workspace.delete(bodies.root(turn.key.tenant), item.text("body_at"))
            if item:
                tx.delete(item.key)


def _read(services: Services, key: TurnKey, place: items.Key) -> bytes:
    item = services.table.get(place)[0]
    return b"" if item is None else bodies.shown(services.workspace, key.tenant, item)
