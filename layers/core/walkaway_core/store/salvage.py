"""Records that cannot be read, as after half a restore or a hand in the database: what is left of them is shown.

A record is unpacked as it always was. Only where that fails is it unpacked once more, from what is left of its facts
and with a body that says, under `gate.UNREADABLE`, what was wrong: so there is one way to be unreadable, and whole
records pay nothing for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from walkaway_core.ports.items import Fact, Item
from walkaway_core.ports.misfits import Misfit, sentence
from walkaway_wire import gate, jsontext

Record = TypeVar("Record")
WRONG = (AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What unpacking raises: for a fact that is missing (KeyError) or of another type (Misfit, of `Item.text` and
`number`), and for a value inside of a body that is not what it should be."""
NO_FACTS: Mapping[str, Fact] = {}


def read(
    item: Item, unpack: Callable[[Item], Record], needs: Mapping[str, Fact], always: Mapping[str, Fact] = NO_FACTS
) -> Record:
    """Unpack a record; one that cannot be read from what is left of it, and with a body that says so.

    `needs`: the facts without which nothing can be unpacked, each with what stands for it where it is gone or has
    another type; `always`: those that an unreadable record has whatever is stored, so that nothing is done with it.
    """
    try:
        return unpack(item)
    except WRONG as error:
        why = f"what is stored here cannot be read: {sentence(error)[:200]}"
    body = jsontext.dump_bytes({gate.UNREADABLE: gate.mended(why)})
    try:
        return unpack(replace(item, facts={**needs, **_fitting(item.facts, needs), **always}, body=body))
    except WRONG:
        return unpack(replace(item, facts={**needs, **always}, body=body))


def _fitting(facts: Mapping[str, Any], needs: Mapping[str, Fact]) -> dict[str, Fact]:
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int)}
    return {name: value for name, value in plain.items() if isinstance(value, type(needs.get(name, value)))}


def typed(body: Mapping[str, Any], **kinds: type) -> None:
    """See that what a body has under these names is of these types. Raises Misfit; unreadable bodies pass."""
    for name, kind in kinds.items():
        if gate.UNREADABLE not in body and not isinstance(body[name], kind):
            raise Misfit.of(name, body[name])
