"""What dialects add to the engine: records beside turns and sessions, webhook bodies, due items of their own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from walkaway_core.ports.items import Key

if TYPE_CHECKING:
    from walkaway_core.store.notice import Notice
    from walkaway_core.store.services import Services
    from walkaway_core.store.sessions import Session
    from walkaway_core.store.transaction import Transaction
    from walkaway_core.store.turns import Turn


class Projection:
    """What a dialect keeps beside turns and sessions, to list, count or find them.

    It writes into the transactions that make, move and remove what it tells of, so it is never behind. Each method may
    look at what is to be done and add to it; nothing is its default. A turn's `facts` say whose it is. A method may be
    called several times for one event, with a new transaction each time, since a refused one is tried again.
    """

    def session_made(self, services: "Services", tx: "Transaction", session: "Session") -> None:
        """A session is being made."""

    def session_deleted(self, services: "Services", tx: "Transaction", session: "Session") -> None:
        """A session is being marked as deleted; its contents go later, turn by turn."""

    def turn_made(self, services: "Services", tx: "Transaction", turn: "Turn") -> None:
        """A turn is being made: it begins, or it waits for its beginning."""

    def turn_moved(self, services: "Services", tx: "Transaction", before: "Turn", after: "Turn") -> None:
        """A turn begins after it waited, takes its first step, begins or ends a pause, or ends."""

    def turn_removed(self, services: "Services", tx: "Transaction", turn: "Turn") -> None:
        """A turn's record is being removed: with its session, or as nobody goes on from it any more."""

    def call_ended(self, services: "Services", tx: "Transaction", turn: "Turn", call: str) -> None:
        """A tool call, by its id, gets its result."""


class Projections(Projection):
    """Those of all dialects as one, each told in its turn."""

    def __init__(self, *projections: Projection) -> None:
        self._each = projections

    def session_made(self, services: "Services", tx: "Transaction", session: "Session") -> None:
        """A session is being made."""
        for projection in self._each:
            projection.session_made(services, tx, session)

    def session_deleted(self, services: "Services", tx: "Transaction", session: "Session") -> None:
        """A session is being marked as deleted."""
        for projection in self._each:
            projection.session_deleted(services, tx, session)

    def turn_made(self, services: "Services", tx: "Transaction", turn: "Turn") -> None:
        """A turn is being made."""
        for projection in self._each:
            projection.turn_made(services, tx, turn)

    def turn_moved(self, services: "Services", tx: "Transaction", before: "Turn", after: "Turn") -> None:
        """A turn moves."""
        for projection in self._each:
            projection.turn_moved(services, tx, before, after)

    def turn_removed(self, services: "Services", tx: "Transaction", turn: "Turn") -> None:
        """A turn's record is being removed."""
        for projection in self._each:
            projection.turn_removed(services, tx, turn)

    def call_ended(self, services: "Services", tx: "Transaction", turn: "Turn", call: str) -> None:
        """A tool call gets its result."""
        for projection in self._each:
            projection.call_ended(services, tx, turn, call)


@dataclass(frozen=True, slots=True)
class Telling:
    """One of the things that a format has to tell of a notice: its id, which receivers know it by, and its type.

    `usual`: also told to who names no types of the format's own.
    """

    id: str
    type: str
    body: "Mapping[str, Any]"
    usual: bool = True


@dataclass(frozen=True, slots=True)
class Format:
    """How webhooks of a dialect look: which of the events it tells (all if none is named), and the body of each.

    `body` gives the JSON object to send, envelope included, or None for what is not to be sent; its turn is the one
    that the notice is about, if it is about one that is still there. An endpoint may name some of `types` instead of
    events: those are what its bodies say as `type`. A format that has several things to tell of one notice, or whose
    bodies say their type elsewhere, `tells` them; its `body` is then for tests of an endpoint alone.
    """

    body: "Callable[[Services, Notice, Turn | None], Mapping[str, Any] | None]"
    events: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    tells: "Callable[[Services, Notice, Turn | None], Sequence[Telling]] | None" = None


Act = Callable[["Services", Key, Mapping[str, Any], float], None]
"""Does what a due item asks for: given its key, its detail, and the time until which it may go on."""


@dataclass(frozen=True, slots=True)
class Extensions:
    """What all dialects together add. `formats` by name; `acts` by the kind of their due items."""

    projections: Projection = field(default_factory=Projection)
    formats: Mapping[str, Format] = field(default_factory=dict)
    acts: Mapping[str, Act] = field(default_factory=dict)
