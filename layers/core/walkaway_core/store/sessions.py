"""Sessions: their options and records, read and listed. The record alone decides whether a session lives."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from walkaway_core.errors import Invalid, SessionNotFound
from walkaway_core.ports.items import Condition, Fact, Is, Item, Lacks, ms
from walkaway_core.ports.paths import Scope
from walkaway_core.store import backwards, salvage, session_facts
from walkaway_core.store.agent_settings import AgentSettings, known
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.parents import Parent
from walkaway_core.store.services import Services
from walkaway_wire import gate

Outcome = Literal["", "completed", "failed", "cancelled"]
NEEDS = session_facts.made(0, 0, "", "{}")
"""What stands for facts of a session that cannot be read."""
SEVERAL, SMALL = 128, 4_000
"""How many bodies of sessions are read once, and from how many bytes on each is read anew. Most sessions of a server
are told the same, and a record is read again by every poll."""


class SessionArchived(Invalid):
    """The session is archived: it can be read, and takes nothing more."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What is fixed when a session is made (contract A.3). `ttl` in seconds; `read` and `write` as clean paths.

    `settings` are what it was told when it was made. What holds for a turn is what that began with
    (`held.as_begun`): an agent may say something else by then.
    """

    persistent: bool = False
    ttl: int = 14_400
    read: tuple[str, ...] = ("",)
    write: tuple[str, ...] = ("",)
    network: bool = False
    agent: str = ""
    """The id of the agent that says what the session does not: `own` names what it does."""
    own: tuple[str, ...] = ()
    chain: bool = False
    """Whether it lives `ttl` from the end of its youngest turn, or of a turn of a session that goes on from it."""
    settings: AgentSettings = field(default_factory=AgentSettings)

    @property
    def body(self) -> dict[str, Any]:
        """As it is stored: in one object with the settings."""
        flat = asdict(self)
        del flat["settings"]
        return flat | self.settings.body


def options(body: Mapping[str, Any]) -> SessionOptions:
    """Read what SessionOptions.body gives; what a later version knows is passed over.

    What cannot be read may touch no file: nobody knows any more what it was not to touch.
    """
    if gate.UNREADABLE in body:
        return SessionOptions(read=(), write=())
    own = known(SessionOptions, {name: value for name, value in body.items() if name != "settings"})
    return SessionOptions(**own, settings=AgentSettings.stored(body))


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is now. `turn` is the id of the turn that runs, `""` when it is free."""

    key: SessionKey
    options: SessionOptions
    created_at: float
    last_activity: float
    expires_at: float
    turn: str
    last_turn: str
    inbox: int
    """How many messages have come to wait so far: whoever ends a turn must have seen them all."""
    due: str
    metadata: dict[str, Any] = field(default_factory=dict)
    metadata_version: int = 0
    queued: int = 0
    """How many messages wait for their turn."""
    events: int = 0
    """The number of the next event of its own log."""
    told: int = 0
    """How many things of it the bus has been told."""
    cost: int = 0
    """What its turns have cost so far, in millionths of a US dollar."""
    turns: int | None = None
    """How many have begun; None where nobody has counted."""
    ended_turn: str = ""
    """The turn that ended last."""
    outcome: Outcome = ""
    """How that was; empty: none has, or nobody noted it."""
    forgotten: int = 0
    """How many of its turns were taken away one by one (engine/forgetting.py)."""
    parent: Parent | None = None
    """Where its conversation begins; None: with its own first entry."""
    title: str = ""
    """What it is about: the beginning of its first message, or what somebody has said."""
    title_said: bool = False
    """Whether somebody has said the title."""
    archived_at: float = 0
    """When it was closed for ever; 0: it was not."""
    budget: int | None = None
    """What its turns may cost together, in millionths of a US dollar; None: any amount."""
    said: str = ""
    """Names what turns that begin now are told besides (agent/said_settings.py); empty: nothing."""
    used: Mapping[str, int] = field(default_factory=dict)
    """What the turns that are over have used, by the words of turns.USAGE; those that ended before 0.2 are missing."""
    ran: float = 0
    """Seconds for which those have run, pauses not counted."""
    readable: bool = True
    """Whether what is stored of it can be read; else it takes no message, and can be deleted."""

    @property
    def busy(self) -> bool:
        """Whether a turn runs."""
        return bool(self.turn)

    @property
    def scope(self) -> Scope:
        """Its file_access."""
        return Scope(self.options.read, self.options.write)

    @property
    def unforgotten(self) -> Condition:
        """The condition that none of its turns was taken away since it was read."""
        return Is("forgotten", self.forgotten) if self.forgotten else Lacks("forgotten")

    @property
    def newest(self) -> str:
        """Name the place in the conversation behind which the next turn begins; empty: there is nothing yet."""
        return self.last_turn or (self.parent.upto if self.parent else "")


def unpack(key: SessionKey, item: Item) -> Session:
    """Read a session's item. What of it cannot be read is shown as that, in its metadata."""
    return salvage.read(item, lambda whole: _unpack(key, whole), NEEDS)


def _said(body: bytes) -> tuple[SessionOptions, str | None]:
    """Read the body of a session's item: what it was told when it was made, and what is wrong with that, if it is."""
    said = gate.stored_object(body)
    return options(said), str(said[gate.UNREADABLE]) if gate.UNREADABLE in said else None


_said_again = lru_cache(SEVERAL)(_said)


def _unpack(key: SessionKey, item: Item) -> Session:
    said, wrong = _said_again(item.body) if len(item.body) < SMALL else _said(item.body)
    metadata = gate.stored_object(item.text("metadata"))
    if wrong is not None:
        metadata = {**metadata, gate.UNREADABLE: f"the settings of this session: {wrong}"}
    return Session(
        key=key,
        options=said,
        created_at=item.time("created"),
        last_activity=item.time("active"),
        expires_at=item.time("expires"),
        turn=item.text("turn") if "turn" in item.facts else "",
        last_turn=item.text("last_turn") if "last_turn" in item.facts else "",
        inbox=item.number("inbox"),
        due=item.text("due"),
        metadata=metadata,
        metadata_version=item.number("metadata_version"),
        queued=item.number("queued"),
        events=item.number("events"),
        told=item.number("told"),
        cost=item.number("cost", 0),
        turns=item.number("turns") if "turns" in item.facts else None,
        ended_turn=str(item.facts.get("ended", "")),
        outcome=_outcome(item.facts.get("outcome", "")),
        forgotten=item.number("forgotten", 0),
        parent=Parent.of(item.facts),
        title=str(item.facts.get("title", "")),
        title_said="title_said" in item.facts,
        archived_at=item.time("archived", 0),
        budget=item.number("budget") if "budget" in item.facts else None,
        said=str(item.facts.get("settings", "")),
        used=_used(item),
        ran=item.time("ran", 0),
        readable=wrong is None,
    )


def _outcome(word: Fact) -> Outcome:
    return cast("Outcome", word) if word in get_args(Outcome) else ""


def _used(item: Item) -> dict[str, int]:
    prefix = session_facts.USED
    return {name.removeprefix(prefix): item.number(name) for name in item.facts if name.startswith(prefix)}


def alive(item: Item | None, now: float) -> bool:
    """Whether a session's item stands for a session that can be used, or that nobody can read, only delete."""
    if item is None or "deleted" in item.facts:
        return False
    expires = item.facts.get("expires")
    return type(expires) is not int or expires > ms(now)


def get(services: Services, key: SessionKey) -> Session:
    """Read a session. Raises SessionNotFound."""
    item = services.table.get(key.item)[0]
    if item is None or not alive(item, services.clock.now()):
        raise SessionNotFound
    return unpack(key, item)


def check(session: Session) -> None:
    """Raise Invalid for a session of which nobody knows any more what it may do."""
    if not session.readable:
        raise Invalid(
            f"What is stored of the session {session.key.session} cannot be read; delete it, and make a new one"
        )


def check_open(session: Session) -> None:
    """Raise SessionArchived for one that takes nothing more."""
    if session.archived_at:
        raise SessionArchived(f"The session {session.key.session} is archived: it can be read, and takes nothing more")


def listing(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Session], str]:
    """List the newest sessions first, those made before `after`; with the cursor of the rest, or `""`."""
    listed: list[Session] = []
    for session in scan(services, tenant, after, first=limit + 1):
        if len(listed) == limit:
            return listed, listed[-1].key.session
        listed.append(session)
    return listed, ""


def scan(services: Services, tenant: str, before: str = "", first: int = backwards.MOST) -> Iterator[Session]:
    """Go through all living sessions of a tenant, the newest first, from the one made before `before`.

    `first` is how many will probably be taken.
    """
    now = services.clock.now()
    upto = f"SESSION#{before or END}"
    for item in backwards.items(services, f"T#{tenant}", upto, after="SESSION#", first=first):
        if alive(item, now):
            yield unpack(SessionKey(tenant, item.sk.removeprefix("SESSION#")), item)
