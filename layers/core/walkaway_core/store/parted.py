"""Uploads in parts: what becomes a file with an id once all its parts are there (`store/identified.py`).

In the partition T#{tenant}#UPLOADS an upload stands at X, a part at X#{part}; its bytes in `root`, at X/{part}:

fact     unit      written by              says
state              create, complete, end   pending, completed or cancelled
size     bytes     create; part            of the whole, as it was announced; of a part
stored   bytes     create, part            of all parts together
created  ms        create; part            when it was made
until    ms        create                  when it expires
due      sort key  create                  its item in the due queue
purpose  word      create                  what the file is wanted for
file     key       complete                the file that it has become

The body of an upload has `name`, `media`, and `seconds`, for which the file is kept. Its due item of the kind
`upload` removes all of it when it expires, whatever has become of it; until then who completes it again is given the
same file. Names and units are a contract: docs/upgrades.md.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from walkaway_core.errors import FileNotFound, Invalid, QuotaReached
from walkaway_core.ports.items import Absent, Below, Delete, Fact, Is, Item, Key, Refused, Unknown, ms
from walkaway_core.ports.workspace import Full
from walkaway_core.store import due, identified, salvage
from walkaway_core.store.files import MOST_BYTES
from walkaway_core.store.idempotency import Once
from walkaway_core.store.kept import UNREADABLE_NAME, Kept, Told
from walkaway_core.store.keys import END
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext

KIND = "upload"
LIFE = 60 * 60
"""Seconds that there are for all parts."""
STATES = ("pending", "completed", "cancelled")
NEEDS: Mapping[str, Fact] = {"purpose": "", "size": 0, "created": 0, "until": 0}
ROOM = 2 * MOST_BYTES
"""Bytes from which on an upload takes no more parts: some may have been sent twice."""
_ID = re.compile(r"upload_([0-9a-f]{24})")
_PART = re.compile(r"part_([0-9a-f]{24})")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as it is now."""

    tenant: str
    key: str
    told: Told
    size: int
    state: str
    created_at: float
    until: float
    file: str


def root(tenant: str) -> str:
    """Name the root of the parts, which have a share of their own."""
    return f"{tenant}/parts/files"


def create(services: Services, tenant: str, told: Told, size: int, once: Once | None = None) -> Upload:
    """Begin an upload of so many bytes. Raises Refused where `once` is taken."""
    key, now = services.ids.new(""), services.clock.now()
    until = now + LIFE
    tx = Transaction(services.table)
    facts: dict[str, Fact] = {
        "state": "pending",
        "size": size,
        "stored": 0,
        "created": ms(now),
        "until": ms(until),
        "due": due.watch(tx, until, KIND, key, {"tenant": tenant, "upload": key}),
        "purpose": told.purpose,
    }
    body = {"name": told.name, "media": told.media, "seconds": told.seconds}
    item = Item(*_place(tenant, key), facts, jsontext.dump_bytes(body))
    tx.put(item, Absent())
    if once:
        once.keep_made(tx, services, key)
    tx.commit()
    return _unpack(tenant, item)


def get(services: Services, tenant: str, id_: str) -> Upload:
    """Find an upload by its id. Raises FileNotFound, also once it has expired."""
    found = _ID.fullmatch(id_)
    return by_key(services, tenant, found[1] if found else "")


def by_key(services: Services, tenant: str, key: str) -> Upload:
    """Find an upload by its record's key. Raises FileNotFound."""
    item = services.table.get(_place(tenant, key))[0] if key else None
    upload = _unpack(tenant, item) if item else None
    if upload is None or services.clock.now() >= upload.until:
        raise FileNotFound("There is no such upload; it has expired, an hour after it was made, or never was")
    return upload


def part(services: Services, upload: Upload, chunks: Iterable[bytes], once: Once | None = None) -> str:
    """Keep a part; give its id. Raises Invalid where none is taken any more, QuotaReached, and Refused by `once`."""
    _check(upload)
    key = services.ids.new("")
    path = f"{upload.key}/{key}"
    try:
        info = services.workspace.write(root(upload.tenant), path, chunks)
    except Full as full:
        raise QuotaReached(f"The part cannot be kept: {full}. Cancel uploads that go no further") from None
    tx = Transaction(services.table)
    pending = Is("state", "pending")
    tx.change(_place(upload.tenant, upload.key), pending, Below("stored", ROOM), add={"stored": info.size})
    facts: dict[str, Fact] = {"size": info.size, "created": ms(services.clock.now())}
    tx.put(Item(*_place(upload.tenant, f"{upload.key}#{key}"), facts), Absent())
    if once:
        once.keep_made(tx, services, f"part_{key}")
    try:
        tx.commit()
    except Refused as refusal:
        with suppress(Unknown):
            services.workspace.delete(root(upload.tenant), path)
        if once and once.refuses(refusal):
            raise
        raise Invalid("The upload takes no more parts: it is over, or has more bytes than it said") from None
    return f"part_{key}"


def complete(services: Services, upload: Upload, parts: Sequence[str], md5: str | None) -> Kept:
    """Make the file of its parts, in this order; who completes it again is given the same one.

    Raises Invalid where parts are missing, or are not what was announced, and as `identified.create`.
    """
    if upload.state == "completed":
        return identified.by_key(services, upload.tenant, upload.file)
    _check(upload)
    paths = _paths(services, upload, parts)

    def along(tx: Transaction, file: str) -> None:
        pending = Is("state", "pending")
        tx.change(_place(upload.tenant, upload.key), pending, set={"state": "completed", "file": file})

    try:
        kept = identified.create(
            services, upload.tenant, upload.told, _whole(services, upload, paths, md5), None, along
        )
    except (Refused, Invalid):
        now = by_key(services, upload.tenant, upload.key)
        if now.state == upload.state:
            raise
        return complete(services, now, parts, md5)  # somebody else has, meanwhile, and removed the parts
    _clear(services, upload)
    return kept


def cancel(services: Services, upload: Upload) -> Upload:
    """End an upload; its parts go. Raises Invalid for one that is completed."""
    if upload.state == "pending":
        tx = Transaction(services.table)
        tx.change(_place(upload.tenant, upload.key), Is("state", "pending"), set={"state": "cancelled"})
        with suppress(Refused):
            tx.commit()
        upload = by_key(services, upload.tenant, upload.key)
    if upload.state == "completed":
        raise Invalid("The upload is completed already; delete its file instead")
    _clear(services, upload)
    return upload


def act(services: Services, place: Key, detail: Mapping[str, Any], _: float) -> None:
    """Remove an upload whose time is over, with what is left of its parts."""
    tenant, key = detail["tenant"], detail["upload"]
    for entry in services.workspace.listing(root(tenant), key) or ():
        services.workspace.delete(root(tenant), f"{key}/{entry.name}")
    pk, more = _place(tenant, key)[0], True
    while more:
        page = services.table.query(pk, after=f"{key}#", upto=f"{key}#{END}", limit=100)
        for item in page.items:
            services.table.write(Delete(*item.key))
        more = page.more
    services.table.write(Delete(pk, key), Delete(*place))


def _check(upload: Upload) -> None:
    if upload.state != "pending":
        raise Invalid(f"The upload is {upload.state}; begin another one")


def _paths(services: Services, upload: Upload, parts: Sequence[str]) -> list[str]:
    """Give where the parts stand. Raises Invalid for one that is not there, or where they are not the whole."""
    found = [_PART.fullmatch(each) for each in parts]
    names = [each[1] if each else "" for each in found]
    unique = list(dict.fromkeys(names))
    read = [services.table.get(_place(upload.tenant, f"{upload.key}#{name}"))[0] for name in unique]
    there = {name: item.facts.get("size") if item else None for name, item in zip(unique, read, strict=True)}
    size = 0
    for id_, name in zip(parts, names, strict=True):
        if not isinstance(of := there[name], int):
            raise Invalid(f"part_ids: the upload has no part {id_[:100]!r}")
        size += of
    if size != upload.size:
        raise Invalid(f"The parts have {size} bytes together, and the upload was to have {upload.size}")
    return [f"{upload.key}/{name}" for name in names]


def _whole(services: Services, upload: Upload, paths: Sequence[str], md5: str | None) -> Iterator[bytes]:
    """Give the bytes of all parts. Raises Invalid at the end where they are not those of the checksum."""
    digest = hashlib.md5(usedforsecurity=False)
    for path in paths:
        chunks = services.workspace.read(root(upload.tenant), path)
        if chunks is None:
            raise Invalid("The upload has expired, or was completed or cancelled meanwhile")
        for chunk in chunks:
            digest.update(chunk)
            yield chunk
    if md5 is not None and md5.lower() != digest.hexdigest():
        raise Invalid(f"md5: the parts have {digest.hexdigest()}, in this order; {md5[:100]!r} was expected")


def _clear(services: Services, upload: Upload) -> None:
    """Remove the parts' bytes at once; what is left goes when the upload expires."""
    with suppress(Unknown):
        for entry in services.workspace.listing(root(upload.tenant), upload.key) or ():
            services.workspace.delete(root(upload.tenant), f"{upload.key}/{entry.name}")


def _place(tenant: str, key: str) -> Key:
    return f"T#{tenant}#UPLOADS", key


def _unpack(tenant: str, item: Item) -> Upload:
    """Read a record; one that cannot be read is as good as cancelled."""
    return salvage.read(item, lambda each: _unpacked(tenant, each), NEEDS, {"state": "cancelled"})


def _unpacked(tenant: str, item: Item) -> Upload:
    body = gate.stored_object(item.body)
    salvage.typed(body, name=str, media=str)
    seconds, state = body.get("seconds"), item.text("state")
    if state not in STATES or not isinstance(seconds, int | None):
        raise ValueError("`state` or `seconds` is none")
    told = Told(body.get("name", UNREADABLE_NAME), body.get("media", ""), item.text("purpose"), seconds)
    file = str(item.facts.get("file", ""))
    times = item.time("created"), item.time("until")
    return Upload(tenant, item.sk, told, item.number("size"), state, *times, file)
