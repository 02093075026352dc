"""The log of a turn: events numbered without gap, appended under conditions, never changed (rule R2).

An item of the log holds one or more events and is keyed by the number of its first. Nobody can append without knowing
the item before, so whoever is late collides. Each item carries the nonce of the invocation that wrote it and its *era*:
1000 · step + attempt for a model call, 1000 · step + 999 for the step's tools. A writer that meets a later era, or the
terminal event, has been superseded.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.ports.items import Absent, Fact, Item, Put, Refused, Unknown, Write, ms
from walkaway_core.store import backwards, bodies, keys, salvage
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import gate
from walkaway_wire.events import MESSAGE_ERROR, TERMINAL, UNREADABLE, Event

ATTEMPTS = 1000
"""More than a step can have; the last number is that of the step's tools."""

GONE = "What is stored of this event cannot be read"
MOST = 4000
"""As many events as an item that nobody can read is believed to have."""

_NUMBER = re.compile("[0-9]{10}")

Draft = tuple[str, dict[str, Any]]
"""An event that has no number yet: its type and data."""


def era(step: int, attempt: int) -> int:
    """The era in which an attempt at a step writes."""
    return step * ATTEMPTS + attempt


def tools_era(step: int) -> int:
    """The era in which a step's tools, and what the caller is asked, write: behind all attempts at the step."""
    return era(step, ATTEMPTS - 1)


def attempts(last: int, step: int) -> int:
    """How many attempts at a step have been made, when a log's last era is this one."""
    return last % ATTEMPTS if last // ATTEMPTS == step else 0


class Superseded(Exception):
    """A later writer has taken over, or the turn is over: whoever gets this stops."""


class NotApproved(Superseded):
    """A call waits for a yes that nobody has given: it is not this invocation's to carry out."""


class NothingToAsk(Superseded):
    """The step has no call that waits for the caller."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who appends: one invocation, in its era."""

    turn: TurnKey
    era: int
    nonce: str


@dataclass(frozen=True, slots=True)
class End:
    """Where a log ends: the number of the next event, and the last item's era."""

    number: int
    era: int
    over: bool


def end(services: Services, turn: TurnKey) -> End:
    """Find the log's end."""
    newest = latest(services, turn)
    return _behind(newest) if newest else End(0, 0, over=False)


def latest(services: Services, turn: TurnKey, upto: str = keys.END) -> Item | None:
    """Find the last item of a log whose number is below the sort key `upto`; None when there is none."""
    return next(filter(numbered, backwards.items(services, turn.log, upto, first=1)), None)


def numbered(item: Item) -> bool:
    """Whether an item says which events it holds. One whose sort key is no number, as by hand, is nobody's."""
    return _NUMBER.fullmatch(item.sk) is not None


def open_end(services: Services, turn: TurnKey, era: int | None = None) -> End:
    """Find the end of a log to append to, in this era. Raises Superseded when the turn is over, or the era past."""
    last = end(services, turn)
    if last.over or (era is not None and last.era > era):
        raise Superseded
    return last


def _behind(item: Item) -> End:
    return salvage.read(item, _end, {"count": 1, "era": 0})


def _end(item: Item) -> End:
    return End(int(item.sk) + item.number("count"), item.number("era"), over="terminal" in item.facts)


def item(services: Services, writer: Writer, number: int, drafts: Sequence[Draft], at: float | None = None) -> Item:
    """Make the item that holds these events, the first of them numbered `number`; they happen now, or `at` a time."""
    events = [Event.make(number + i, type_, data) for i, (type_, data) in enumerate(drafts)]
    text = "\n".join(f"{event.type} {event.text}" for event in events)
    facts: dict[str, Fact] = {"nonce": writer.nonce, "era": writer.era, "count": len(events)}
    facts["at"] = ms(services.clock.now() if at is None else at)
    if events[-1].type in TERMINAL:
        facts["terminal"] = True
    path = f"{writer.turn.session}/{writer.turn.turn}-{number}-{writer.nonce}"
    body, pointer = bodies.stow(services.workspace, writer.turn.tenant, path, text.encode())
    return Item(writer.turn.log, keys.event(number), {**facts, **pointer}, body)


def events(services: Services, turn: TurnKey, items: Iterable[Item]) -> list[Event]:
    """Unpack log items. Of one whose body is gone or damaged each event says so, and the numbers stay as they were.

    What has no number is left out.
    """
    unpacked: list[Event] = []
    for entry in filter(numbered, items):
        unpacked += _unpacked(services, turn, entry)
    return unpacked


def _unpacked(services: Services, turn: TurnKey, item: Item) -> list[Event]:
    at = _at(item, turn)
    lines = bodies.shown(services.workspace, turn.tenant, item).decode(errors="replace").split("\n")
    unpacked: list[Event] = []
    for number, line in enumerate(lines, int(item.sk)):
        type_, _, text = line.partition(" ")
        if text[:1] != "{" or text[-1:] != "}":
            return _unreadable(turn, item, at)
        unpacked.append(Event(number, type_, text, at))
    return unpacked


def _unreadable(turn: TurnKey, item: Item, at: float) -> list[Event]:
    """Give the events of an item that nobody can read: a turn's last one still ends its log."""
    first = int(item.sk)
    drafts: list[Draft] = [(UNREADABLE, {gate.UNREADABLE: GONE})] * min(last(item) - first + 1, MOST)
    if "terminal" in item.facts:
        drafts[-1] = (MESSAGE_ERROR, {"id": turn.turn, "error": GONE, "code": "unreadable"})
    return [replace(Event.make(first + i, *draft), at=at) for i, draft in enumerate(drafts)]


def last(item: Item) -> int:
    """Give the number of the last event of an item; of one that does not say how many it has, of the only one."""
    count = item.facts.get("count")
    return int(item.sk) + (max(count, 1) if isinstance(count, int) else 1) - 1


def _at(item: Item, turn: TurnKey) -> float:
    at = item.facts.get("at")
    return (at if isinstance(at, int) else since(turn)) / 1000


def since(turn: TurnKey) -> int:
    """When a turn was made, by its id, in milliseconds: the time of events whose writer noted none (0.1.0)."""
    digits = turn.turn.partition("_")[2][:12]
    return int(digits, 16) if re.fullmatch("[0-9a-f]{12}", digits) else 0


def append(services: Services, writer: Writer, number: int, drafts: Sequence[Draft], *writes: Write) -> int:
    """Append events at `number` or after whatever has come there, in one transaction with `writes`.

    Returns the number after them. Raises Superseded, or Refused when one of `writes` is.
    """
    while True:
        put = Put(item(services, writer, number, drafts), (Absent(),))
        try:
            services.table.write(put, *writes)
        except Refused as refusal:
            if refusal.key != put.key:
                raise
            mine, number = settle(services, writer, number)
        except Unknown:
            mine, number = settle(services, writer, number)
        else:
            return number + len(drafts)
        if mine:
            return number


def is_mine(services: Services, item: Item) -> bool:
    """Say, after a write of which nobody knows what came, whether this item of a log stands there."""
    stored = services.table.get(item.key)[0]
    return stored is not None and stored.facts.get("nonce") == item.facts["nonce"]


def settle(services: Services, writer: Writer, number: int) -> tuple[bool, int]:
    """After a failed append at `number`: whether it was written after all, and where the log ends now.

    Raises Superseded when a later writer, or the end of the turn, stands in the way.
    """
    mine, after = False, keys.event(number - 1) if number else ""
    while True:
        page = services.table.query(writer.turn.log, after=after)
        for entry in filter(numbered, page.items):
            if entry.facts.get("nonce") == writer.nonce:
                mine = True
            elif "terminal" in entry.facts or _behind(entry).era > writer.era:
                raise Superseded
            number = _behind(entry).number
        if not page.more:
            return mine, number
        after = page.items[-1].sk
