"""The due queue: whatever is unfinished has one item here, which says when someone must look at it (rule R4)."""

from collections.abc import Iterator
from typing import Any, Literal

from walkaway_core.ports.items import Delete, Item, Put
from walkaway_core.store import keys
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

Kind = Literal["turn", "session", "purge", "outbox", "delivery", "forget"]

START_WITHIN = 10.0
"""Seconds until a turn that has not begun is started again."""
STEP_WITHIN = 16 * 60.0
"""Seconds until a step that has not ended is looked at: a Lambda's 15 minutes and one more."""


def put(at: float, kind: Kind, name: str, detail: dict[str, Any]) -> Put:
    """Write a due item; the fact `due` of what it watches must hold its sort key."""
    pk, sk = keys.due(at, kind, name)
    return Put(Item(pk, sk, {"kind": kind}, jsontext.dump_bytes(detail)))


def drop(name: str, sk: str) -> Delete:
    """Delete the due item that `name` has at this sort key."""
    pk, _ = keys.due(0, "turn", name)
    return Delete(pk, sk)


def move(old: str, at: float, kind: Kind, name: str, detail: dict[str, Any]) -> tuple[Delete | Put, ...]:
    """Replace the due item at sort key `old` by one at `at`."""
    new = put(at, kind, name, detail)
    return (new,) if new.item.sk == old else (drop(name, old), new)


def overdue(services: Services, now: float) -> Iterator[Item]:
    """Everything whose time has come, shard by shard, the oldest first; each minute from another shard on.

    So a shard full of what cannot be done keeps nobody else waiting for long. Its kind may be one that only a newer
    release knows; nothing else may then be taken for granted about it.
    """
    upto = f"{int(now * 1000):013}#{keys.END}"
    first = int(now // 60)
    for shard in ((first + n) % keys.DUE_SHARDS for n in range(keys.DUE_SHARDS)):
        after, more = "", True
        while more:
            page = services.table.query(f"SYS#DUE#{shard:02}", after=after, upto=upto, limit=100)
            yield from page.items
            more = page.more
            after = page.items[-1].sk if page.items else after
