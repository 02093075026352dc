"""What is to be added to a fact that is no number, as after a hand in the table: DynamoDB refuses all of it."""

from collections.abc import Callable
from dataclasses import replace

from botocore.exceptions import ClientError

from walkaway_core.ports.items import Change, Check, Item, Present, Write

REASON = "An operand in the update expression has an incorrect data type"
"""What DynamoDB says of it (API reference: TransactWriteItems, cancellation reasons)."""


def none(error: ClientError) -> bool:
    """Whether an error says that something was to be added to what is no number."""
    return REASON in str(error) or REASON in str(error.response.get("CancellationReasons", ""))


def without(writes: tuple[Write, ...], get: Callable[..., list[Item | None]]) -> tuple[Write, ...]:
    """Leave out what cannot be added. Who reads such an item sees that it is damaged, so no fence rests on it."""
    keys = [write.key for write in writes if isinstance(write, Change) and write.add]
    stored = dict(zip(keys, get(*keys), strict=True))
    return tuple(_addable(write, stored.get(write.key)) for write in writes)


def _addable(write: Write, stored: Item | None) -> Write:
    if not isinstance(write, Change) or stored is None:
        return write
    add = {name: amount for name, amount in write.add.items() if type(stored.facts.get(name, 0)) is int}
    if add or write.set or write.drop:
        return replace(write, add=add)
    return Check(*write.key, when=(Present(), *write.when))
