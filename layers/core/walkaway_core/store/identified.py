"""Files with ids: immutable records of a tenant, whose bytes stand in a root of the workspace that no session sees.

A dialect calls a file `file-X` or `file_X`, which are two names of one record (`key_of`); it makes files with `create`,
and whoever is to use one, as an input or a mount, finds it with `get` and reads it with `read`. What the record says,
in the partition T#{tenant}#FILES at X:

fact     unit      written by  says
size     bytes     create      of its contents
created  ms        create      when they were complete
version            create      of the contents, as the workspace says it
purpose  word      create      what its maker wants it for
until    ms        create      when it expires; absent: it does not
due      sort key  create      its item in the due queue, if it expires
scope    id        create      the session that it is a part of, if it is one

Its body has `name` and `media`, as its maker said them. Those of a session stand in the partition
T#{tenant}#FILES#{session}, too, at the same key, without facts. A due item of the kind `file` stands from before the
first byte is written until the record is there (`store/pending.py`), from then on only if it expires, and again once it
is deleted until its bytes are gone: so nothing is left over whoever dies. Names and units are a contract:
docs/upgrades.md.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from walkaway_core.errors import FileNotFound
from walkaway_core.ports.items import Delete, Item, Key, Present, Refused
from walkaway_core.store import backwards, due
from walkaway_core.store.idempotency import Once
from walkaway_core.store.kept import OUTPUT, Kept, Told, place, place_in, root, unpack
from walkaway_core.store.keys import END
from walkaway_core.store.pending import KIND, begin, unmake
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

SOON = 10.0
"""Seconds after which somebody else removes the bytes of a file that was deleted."""
PAGE = 1000
BATCH = 100
"""How many records the Table reads at once."""
_ID = re.compile(r"file[-_]([0-9a-f]{24})")


class FileExpired(FileNotFound):
    """A file's time is over."""


def key_of(id_: str) -> str:
    """Give the record's key from a file's id. Raises FileNotFound for what can be no id."""
    found = _ID.fullmatch(id_)
    if found is None:
        raise unknown(id_)
    return found[1]


def unknown(id_: str) -> FileNotFound:
    """Say that there is no such file: none was, it was deleted, its time is over, or it is somebody else's."""
    return FileNotFound(f"File with id '{id_[:100]}' not found.")


def create(  # noqa: PLR0917 - whose it is, what it is, and what is written with it
    services: Services,
    tenant: str,
    told: Told,
    chunks: Iterable[bytes],
    once: Once | None = None,
    along: Callable[[Transaction, str], None] = lambda tx, key: None,  # noqa: ARG005
) -> Kept:
    """Make a file; `along` writes what belongs to it in the same transaction, given its key.

    Raises QuotaReached, Refused where `once` is taken or what `along` requires does not hold, Unavailable, and what
    `chunks` raises.
    """
    pending = begin(services, tenant, told, chunks)
    tx = Transaction(services.table)
    kept = pending.keep(tx)
    along(tx, kept.key)
    if once:
        once.keep_made(tx, services, kept.key)
    try:
        tx.commit()
    except Refused as refusal:
        pending.forget()
        pending.check(refusal)
        raise
    return kept


def get(services: Services, tenant: str, id_: str) -> Kept:
    """Find a file by either of its ids. Raises FileNotFound (FileExpired)."""
    return by_key(services, tenant, key_of(id_))


def by_key(services: Services, tenant: str, key: str) -> Kept:
    """Find a file by its record's key. Raises FileNotFound (FileExpired, until somebody has cleared it away)."""
    item = services.table.get(place(tenant, key))[0]
    if item is None:
        raise unknown(f"file-{key}")
    kept = unpack(tenant, item)
    if not _alive(services, kept):
        raise FileExpired(f"File with id 'file-{key}' has expired.")
    return kept


def read(services: Services, kept: Kept, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Read a file's bytes from `start` to `end` (exclusive). Raises FileNotFound where it has gone meanwhile."""
    chunks = services.workspace.read(root(kept.tenant), kept.key, start, end)
    if chunks is None:
        raise unknown(f"file-{kept.key}")
    return chunks


def listing(
    services: Services,
    tenant: str,
    *,
    after: str = "",
    limit: int,
    newest_first: bool,
    purpose: str | None = None,
    scope: str = "",
) -> tuple[list[Kept], bool]:
    """List files behind the key `after`, of a purpose or a session if one is named; and say whether there are more."""
    pk = place_in(tenant, scope, "")[0] if scope else place(tenant, "")[0]
    items = _backwards(services, pk, after, limit) if newest_first else _forwards(services, pk, after)
    there = _records(services, tenant, items) if scope else (unpack(tenant, item) for item in items)
    wanted = (kept for kept in there if purpose in (None, kept.purpose) and _alive(services, kept))
    listed = list(islice(wanted, limit + 1))
    return listed[:limit], len(listed) > limit


def some(services: Services, tenant: str, keys: Sequence[str]) -> list[Kept]:
    """Find files by the keys of their records, a hundred at most; those that are not there are passed over."""
    there = _records(services, tenant, (Item(*place(tenant, key), {}) for key in dict.fromkeys(keys)))
    return [kept for kept in there if _alive(services, kept)]


def delete(services: Services, kept: Kept, along: Callable[[Transaction], None] = lambda _: None) -> None:
    """Delete a file, at once for everybody; `along` writes what goes with it. Raises FileNotFound if it is gone."""
    tx = Transaction(services.table)
    watch = remove(services, tx, kept)
    along(tx)
    try:
        tx.commit()
    except Refused as refusal:
        if refusal.key != kept.place:
            raise
        raise unknown(f"file-{kept.key}") from None
    unmake(services, kept.tenant, kept.key, watch)


def remove(services: Services, tx: Transaction, kept: Kept) -> Key:
    """Delete a file with a transaction, which is refused where it is gone; its bytes go when its due item's time comes.

    Gives the key of that due item, for who would rather do it at once (`pending.unmake`).
    """
    tx.delete(kept.place, Present())
    if kept.scope:
        tx.delete(place_in(kept.tenant, kept.scope, kept.key))
    detail = {"tenant": kept.tenant, "file": kept.key}
    return due.place(kept.key, due.move(tx, kept.due, services.clock.now() + SOON, KIND, kept.key, detail))


def let_go(services: Services, tenant: str, scope: str) -> Iterator[None]:
    """Remove, piece by piece, a session's own copies of what it was given; what it has made stays the tenant's."""
    pk = place_in(tenant, scope, "")[0]
    for kept in _records(services, tenant, _forwards(services, pk, "")):
        if kept.purpose != OUTPUT:
            with suppress(FileNotFound):
                delete(services, kept)
            yield


def act(services: Services, watch: Key, detail: Mapping[str, Any], _: float) -> None:
    """Look at a file that is due: remove what has expired, was deleted, or has not come to be."""
    tenant, key = detail["tenant"], detail["file"]
    item = services.table.get(place(tenant, key))[0]
    if item is not None and item.facts.get("due") != watch[1]:
        services.table.write(Delete(*watch))  # left behind by what moved it
        return
    if item is not None:
        kept = unpack(tenant, item)
        if _alive(services, kept):
            return
        services.table.write(Delete(*item.key), *([Delete(*place_in(tenant, kept.scope, key))] if kept.scope else []))
    services.workspace.delete(root(tenant), key)
    services.table.write(Delete(*watch))


def _alive(services: Services, kept: Kept) -> bool:
    return kept.until is None or services.clock.now() < kept.until


def _records(services: Services, tenant: str, items: Iterator[Item]) -> Iterator[Kept]:
    """Read the records of what a list names."""
    while some := list(islice(items, BATCH)):
        there = services.table.get(*(place(tenant, item.sk) for item in some))
        yield from (unpack(tenant, item) for item in there if item)


def _backwards(services: Services, pk: str, after: str, limit: int) -> Iterator[Item]:
    return backwards.items(services, pk, after or END, first=limit + 1)


def _forwards(services: Services, pk: str, after: str) -> Iterator[Item]:
    more = True
    while more:
        page = services.table.query(pk, after=after, upto=END, limit=PAGE)
        yield from page.items
        more, after = page.more, page.items[-1].sk if page.items else after
