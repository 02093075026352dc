"""The due queue: whatever is unfinished has one item here, which says when someone must look at it (rule R4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from walkaway_core.ports.items import Item, Key
from walkaway_core.store import keys
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

Kind = str
"""What is to be done. Stored: see docs/upgrades.md."""
KINDS = frozenset(
    {
        "turn",
        "session",
        "purge",
        "outbox",
        "delivery",
        "forget",
        "schedule",
        "firing",
        "wake",
        "prune",
        "file",
        "upload",
    }
)
"""The engine's own; dialects bring others."""

START_WITHIN = 10.0
"""Seconds until a turn that has not begun is started again."""
STEP_WITHIN = 16 * 60.0
"""Seconds until a step that has not ended is looked at: a Lambda's 15 minutes and one more."""
WAITING_WITHIN = 30 * 86_400.0
"""Seconds until a turn is looked at that waits for its caller without an end."""
WAKE_WITHIN = 60.0
"""Seconds behind the end of a wait until somebody looks whether the turn has gone on."""


def watch(tx: Transaction, at: float, kind: Kind, name: str, detail: Mapping[str, Any]) -> str:
    """Have somebody look at something; give the sort key, which the fact `due` of what is watched must hold."""
    pk, sk = keys.due(at, kind, name)
    tx.put(Item(pk, sk, {"kind": kind}, jsontext.dump_bytes(dict(detail))))
    return sk


def place(name: str, sk: str) -> Key:
    """Say where `name` has its due item at this sort key."""
    return keys.due_shard(name), sk


def drop(tx: Transaction, name: str, sk: str) -> None:
    """Let nobody look any more at what `name` has at this sort key."""
    tx.delete(place(name, sk))


def move(  # noqa: PLR0917 - as `watch`, of which it is the other half
    tx: Transaction, old: str, at: float, kind: Kind, name: str, detail: Mapping[str, Any]
) -> str:
    """Have somebody look at another time than at the sort key `old`; give the new one."""
    new = watch(tx, at, kind, name, detail)
    if old not in ("", new):  # empty: of a record that says no more where it was
        drop(tx, name, old)
    return new


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
            page = services.table.query(keys.due_partition(shard), after=after, upto=upto, limit=100)
            yield from page.items
            more = page.more
            after = page.items[-1].sk if page.items else after
