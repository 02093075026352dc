"""A session's container: which generation of it holds, who works in it, what is mounted, which outputs have ids.

What its record says, at CONTAINER below the session:

fact        unit      written by   says
generation            settle       the tree that the next command finds; empty or absent: nothing yet
holder                take         the nonce of who works in it; absent: nobody
call        sort key  take         the journal of the holder's call; empty: it tidies up
turn        id        take         the turn of that call
until       ms        take         from then on its holder is taken for lost
process               take         `Services.process` of the holder
spare       bool      take         whether there may be generations that nobody needs; whoever comes next discards them

Its body has `outputs`: by the path below OUTPUTS the SHA-256 of what was there when it got an id, and the file's key. A
file that is mounted stands beside it (mounts.py). Names and units are a contract: docs/upgrades.md. One call at a time
works in a container, and its result, the generation that it leaves and the files that come out are one transaction:
whoever dies, the container is as it was, or as it became.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.ports import paths
from walkaway_core.ports.containers import Mount
from walkaway_core.ports.items import (
    Absent,
    Check,
    Fact,
    Is,
    Item,
    Key,
    Lacks,
    Refused,
    Unknown,
    ms,
)
from walkaway_core.store import mounts
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext

TIDIES = 60.0
"""Seconds for which whoever tidies up has the container."""
HOLDS = ("holder", "call", "turn", "until", "process")

Outputs = Mapping[str, Sequence[str]]
"""By path, the SHA-256 and the key of the file that has it."""


@dataclass(frozen=True, slots=True)
class State:
    """A container as it is now. `holder` is who works in it, `spare` whether it may have more than its generation."""

    root: str
    generation: str = ""
    mounts: tuple[Mount, ...] = ()
    outputs: Outputs = field(default_factory=dict)
    holder: str = ""
    spare: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is to work in a container: the invocation that carries a call out, for so many seconds at the most."""

    nonce: str
    call: str = ""
    turn: str = ""
    seconds: float = TIDIES
    keeps: bool = True
    """Whether what it does may leave another generation."""


def place(key: SessionKey) -> Key:
    """Say where the record stands."""
    return key.partition, "CONTAINER"


def open_(services: Services, key: SessionKey) -> State:
    """Read how a container is; one in which nothing was ever done is empty."""
    return _read(services, key, services.table.get(place(key))[0])


def take(
    services: Services, key: SessionKey, holder: Holder, fence: Sequence[Check] = (), lost: str = ""
) -> State | None:
    """Work in a container, of which this gives how it is found; None while somebody else does, other than `lost`.

    `spare` is then what it was before. Raises Refused, by the key of the check, when the fence does not hold.
    """
    item = services.table.get(place(key))[0]
    there = str(item.facts.get("holder", "")) if item else ""
    if item and there and there not in (holder.nonce, lost) and not _is_lost(services, item):
        return None
    spare = holder.keeps or bool(item and item.facts.get("spare"))
    facts: dict[str, Fact] = {
        "holder": holder.nonce,
        "call": holder.call,
        "turn": holder.turn,
        "until": ms(services.clock.now() + holder.seconds),
        "process": services.process,
        "spare": spare,
    }
    tx = Transaction(services.table)
    if item is None:
        tx.put(Item(*place(key), facts), Absent())
    else:
        tx.change(item.key, Is("holder", there) if there else Lacks("holder"), set=facts)
    tx.include(*fence)
    try:
        tx.commit()
    except Refused as refusal:
        if refusal.key != place(key):
            raise
        return None
    except Unknown:
        now = services.table.get(place(key))[0]
        if now is None or now.facts.get("holder") != holder.nonce:
            return None
    return _read(services, key, item)


def settle(tx: Transaction, key: SessionKey, nonce: str, state: State) -> None:
    """Let a container be what its holder has made of it, and be free, in the transaction of the call's result."""
    facts = {name: fact for name, fact in state.facts.items() if name not in HOLDS}
    body = jsontext.dump_bytes({**state.body, "outputs": state.outputs})
    # of a holder that slept until somebody else took the container nothing counts
    tx.put(Item(*place(key), {**facts, "generation": state.generation, "spare": True}, body), Is("holder", nonce))


def release(services: Services, key: SessionKey, nonce: str, *, spare: bool) -> None:
    """Let go of a container as it is; `spare`: something may be left over."""
    tx = Transaction(services.table)
    tx.change(place(key), Is("holder", nonce), set={"spare": spare}, drop=HOLDS)
    try:
        tx.commit()
    except (Refused, Unknown):
        return  # it is somebody else's, or is taken for lost


def is_over(services: Services, key: SessionKey) -> str:
    """Name the holder whose call is over, though it has not let go yet; `""` where there is none."""
    item = services.table.get(place(key))[0]
    call = str(item.facts.get("call", "")) if item else ""
    if item is None or not call:
        return ""
    holder, turn = item.text("holder"), key.turn(item.text("turn"))
    journal, record = services.table.get((key.partition, call), turn.item)
    works = journal is not None and journal.facts.get("nonce") == holder and journal.facts.get("state") == "started"
    running = record is not None and record.facts.get("status") == "running"
    return "" if works and running else holder


def remove(services: Services, key: SessionKey) -> None:
    """Remove all that a container holds, with its session; its record goes with the session's."""
    if services.table.get(place(key))[0] is not None:
        services.sandbox.discard(paths.container(key.tenant, key.session), "")


def _is_lost(services: Services, item: Item) -> bool:
    """Whether nobody works in it any more who could say so: its process has ended, or its time is over."""
    if item.facts.get("process") != services.process:
        return True
    return item.number("until", 0) <= ms(services.clock.now())


def _read(services: Services, key: SessionKey, item: Item | None) -> State:
    root = paths.container(key.tenant, key.session)
    there = tuple(each.mount(key.tenant) for each in mounts.listing(services, key))
    if item is None:
        return State(root, mounts=there)
    body = gate.stored_object(item.body) if item.body else {}
    outputs = body.get("outputs")
    return State(
        root,
        str(item.facts.get("generation", "")),
        there,
        outputs if isinstance(outputs, dict) else {},
        str(item.facts.get("holder", "")),
        bool(item.facts.get("spare", False)),
        item.facts,
        body,
    )
