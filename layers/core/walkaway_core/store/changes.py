"""The files that a turn's tools have changed: what each call did, and, of a turn that is over, how they stood then.

CHANGED#{turn}#{step}#{call}   what a call changed; written with its result, and never changed
CHANGED#{turn}                 what is left of these once the turn is over; written with its end, if there were any

Of both the one fact is `at` (ms), and the body is a JSON array of `{path, op, size, version, call_id}`. Names and units
are a contract: docs/upgrades.md. A large one stands in the workspace (store/bodies.py, whose fact is `body_at`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from walkaway_core.ports.items import Item, ms
from walkaway_core.store import bodies, salvage
from walkaway_core.store.keys import END, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

MOST = 1000
"""How many files a turn names: those that were changed last."""

Shown = Mapping[str, Any]
"""A file as readers get it: `path`, `op` (written, deleted), `call_id`, `size` in bytes and `version`.

Of a file that was deleted the last two are null."""


@dataclass(frozen=True, slots=True)
class FileOp:
    """What a call did to a file; `size` in bytes and `version` (FileInfo) are None for one that it deleted."""

    path: str
    op: Literal["written", "deleted"]
    size: int | None = None
    version: str | None = None

    def shown(self, call: str) -> dict[str, Any]:
        """Say it to readers, with the id of the call."""
        version = self.version and self.version.strip('"')  # S3's are entity tags
        return {"path": self.path, "op": self.op, "size": self.size, "version": version, "call_id": call}


def of_call(  # noqa: PLR0917 - whose it is, and by whom
    services: Services, tx: Transaction, turn: TurnKey, place: tuple[int, int], nonce: str, files: Sequence[Shown]
) -> None:
    """Write what the call at `place` (its step, and which of the step's calls) has changed. Raises Unavailable."""
    _put(services, tx, turn, turn.changed(*place), f"changed-{place[0]}-{place[1]}-{nonce}", files)


def of_turn(services: Services, tx: Transaction, turn: TurnKey, nonce: str, files: Sequence[Shown]) -> None:
    """Write what a turn that is over has changed. Raises Unavailable."""
    _put(services, tx, turn, turn.changed(), f"changed-{nonce}", files)


def so_far(services: Services, turn: TurnKey) -> list[Shown]:
    """Read what a turn's calls have changed until now: each file as it stood last, the last MOST of them."""
    pk, first = turn.changed()
    files: dict[str, Shown] = {}
    after = f"{first}#"
    while True:
        page = services.table.query(pk, after=after, upto=f"{first}#{END}")
        for item in page.items:
            for file in _read(services, turn.tenant, item):
                files.pop(file["path"], None)  # it moves to the end
                files[file["path"]] = file
        if not page.more:
            return list(files.values())[-MOST:]
        after = page.items[-1].sk


def at_end(services: Services, turns: Sequence[TurnKey]) -> list[list[Shown]]:
    """Read what turns that are over had changed."""
    items: list[Item | None] = []
    for start in range(0, len(turns), 100):
        items += services.table.get(*(turn.changed() for turn in turns[start : start + 100]))
    return [_read(services, turn.tenant, item) if item else [] for turn, item in zip(turns, items, strict=True)]


def _put(  # noqa: PLR0917
    services: Services, tx: Transaction, turn: TurnKey, key: tuple[str, str], name: str, files: Sequence[Shown]
) -> None:
    path = f"{turn.session}/{turn.turn}-{name}"
    body, pointer = bodies.stow(services.workspace, turn.tenant, path, jsontext.dump_bytes(list(files)))
    tx.put(Item(*key, {"at": ms(services.clock.now()), **pointer}, body))


def _read(services: Services, tenant: str, item: Item) -> list[Shown]:
    """Read an item; of one that is damaged nothing is known."""
    try:
        return list(_files(jsontext.loads(bodies.fetch(services.workspace, tenant, item))))
    except (bodies.Gone, *salvage.WRONG):
        return []


def _files(body: Iterable[Shown]) -> Iterable[Shown]:
    for file in body:
        op: Literal["written", "deleted"] = "deleted" if file["op"] == "deleted" else "written"
        yield FileOp(str(file["path"]), op, file.get("size"), file.get("version")).shown(str(file["call_id"]))
