"""A file with an id whose bytes are there and whose record is not: it comes with whatever transaction its maker writes.

From before the first byte until then a due item stands, so that the bytes go if the record never comes.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from walkaway_core.errors import QuotaReached, Unavailable
from walkaway_core.ports.items import Absent, Delete, Fact, Item, Key, Present, Refused, Unknown, ms
from walkaway_core.ports.workspace import FileInfo, Full
from walkaway_core.store import due
from walkaway_core.store.kept import Kept, Told, place, place_in, root, unpack
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

KIND = "file"
UNMADE = 2 * 60 * 60.0
"""Seconds that bytes may take to come; those of a file that has not come to be by then are removed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A file's bytes, and what its record is to say. `watch` is the due item that removes them."""

    services: Services
    tenant: str
    key: str
    told: Told
    info: FileInfo
    watch: Key

    def keep(self, tx: Transaction) -> Kept:
        """Write the record with a transaction, as often as that is tried; refused at `watch` if it comes too late."""
        now, told = self.services.clock.now(), self.told
        facts: dict[str, Fact] = {
            "size": self.info.size,
            "created": ms(now),
            "version": self.info.version,
            "purpose": told.purpose,
        }
        tx.delete(self.watch, Present())  # else its bytes are gone
        if told.seconds is not None:
            until = now + told.seconds
            detail = {"tenant": self.tenant, "file": self.key}
            facts |= {"until": ms(until), "due": due.watch(tx, until, KIND, self.key, detail)}
        if told.scope:
            facts["scope"] = told.scope
            tx.put(Item(*place_in(self.tenant, told.scope, self.key), {}))
        body = jsontext.dump_bytes({"name": told.name, "media": told.media})
        item = Item(*place(self.tenant, self.key), facts, body)
        tx.put(item, Absent())
        return unpack(self.tenant, item)

    def check(self, refusal: Refused) -> None:
        """Raise Unavailable where that is why a transaction was refused: the bytes have gone meanwhile."""
        if refusal.key == self.watch:
            raise Unavailable("The file took too long to come; send it again", changed=False) from None

    def forget(self) -> None:
        """Let it not come to be."""
        unmake(self.services, self.tenant, self.key, self.watch)


def begin(services: Services, tenant: str, told: Told, chunks: Iterable[bytes]) -> Pending:
    """Write a file's bytes. Raises QuotaReached, and what `chunks` raises."""
    key = services.ids.new("")
    tx = Transaction(services.table)
    sk = due.watch(tx, services.clock.now() + UNMADE, KIND, key, {"tenant": tenant, "file": key})
    tx.commit()
    watch = due.place(key, sk)
    try:
        info = services.workspace.write(root(tenant), key, chunks)
    except Full as full:
        _forget(services, watch)
        raise QuotaReached(f"The file cannot be kept: {full}. Delete files that are no longer needed") from None
    except Exception:
        unmake(services, tenant, key, watch)  # an answer that was lost may be that of a write
        raise
    return Pending(services, tenant, key, told, info, watch)


def unmake(services: Services, tenant: str, key: str, watch: Key) -> None:
    """Remove the bytes of no file; where that fails, whoever looks at what is due does it."""
    with suppress(Unknown):
        services.workspace.delete(root(tenant), key)
        services.table.write(Delete(*watch))


def _forget(services: Services, watch: Key) -> None:
    """Let nobody look at what was not written."""
    with suppress(Unknown):
        services.table.write(Delete(*watch))
