"""Sessions: made, read, listed, changed, deleted. Their record alone decides whether they live."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.items import Item, ms
from walkaway_core.ports.paths import Scope
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

GRACE = 5 * 60.0
"""Seconds that a session which is not persistent lives on after a response (contract A.3)."""
LISTS = ("read", "write", "allowed_tools", "disallowed_tools", "tools", "approve", "own")
"""The options that are tuples here and lists in JSON."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What is fixed when a session is made (contract A.3; instructions and what follows are ours).

    ttl and turn_timeout in seconds, 0 for the server's own timeout; thinking: whether, or up to how many tokens;
    file_access as clean paths; max_output_tokens of one answer, the thinking not counted; allowed_tools: None for all
    that run here.
    """

    persistent: bool = False
    ttl: int = 14_400
    read: tuple[str, ...] = ("",)
    write: tuple[str, ...] = ("",)
    model: str = ""
    instructions: str = ""
    thinking: bool | int = False
    max_steps: int = 200
    turn_timeout: int = 0
    max_output_tokens: int = 16_000
    effort: str = ""
    temperature: float | None = None
    allowed_tools: tuple[str, ...] | None = None
    disallowed_tools: tuple[str, ...] = ()
    max_cost_usd: float | None = None
    max_turn_cost_usd: float | None = None
    tools: tuple[str, ...] = ()
    """Names of the tools that the caller runs; `tools_at` says where their definitions are."""
    tools_at: str = ""
    approve: tuple[str, ...] = ()
    """Tools of the server's whose calls wait for a yes."""
    tool_timeout: int = 86_400
    """Seconds for which a call waits for the caller."""
    network: bool = False
    agent: str = ""
    """The id of the agent that says what the session does not: `own` names what it does."""
    own: tuple[str, ...] = ()

    def allows(self, tool: str, *, unasked: bool = True) -> bool:
        """Whether the agent may use this tool; `unasked`: also where the session does not say which ones."""
        listed = unasked if self.allowed_tools is None else tool in self.allowed_tools
        return listed and tool not in self.disallowed_tools


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

    @property
    def busy(self) -> bool:
        """Whether a turn runs."""
        return bool(self.turn)

    @property
    def scope(self) -> Scope:
        """Its file_access."""
        return Scope(self.options.read, self.options.write)


def unpack(key: SessionKey, item: Item) -> Session:
    """Read a session's item. Options that a later version knows are passed over."""
    stored = jsontext.loads(item.body)
    body = {name: stored[name] for name in SessionOptions.__slots__ if name in stored}
    body |= {name: tuple(body[name]) for name in LISTS if body.get(name) is not None}
    return Session(
        key=key,
        options=SessionOptions(**body),
        created_at=item.time("created"),
        last_activity=item.time("active"),
        expires_at=item.time("expires"),
        turn=item.text("turn") if "turn" in item.facts else "",
        last_turn=item.text("last_turn") if "last_turn" in item.facts else "",
        inbox=item.number("inbox"),
        due=item.text("due"),
        metadata=jsontext.loads(item.text("metadata")),
        metadata_version=item.number("metadata_version"),
        queued=item.number("queued"),
        events=item.number("events"),
        told=item.number("told"),
        cost=item.number("cost", 0),
    )


def alive(item: Item | None, now: float) -> bool:
    """Whether a session's item stands for a session that can be used."""
    return item is not None and "deleted" not in item.facts and item.number("expires") > ms(now)


def get(services: Services, key: SessionKey) -> Session:
    """Read a session. Raises SessionNotFound."""
    item = services.table.get(key.item)[0]
    if item is None or not alive(item, services.clock.now()):
        raise SessionNotFound
    return unpack(key, item)


def listing(services: Services, tenant: str, *, limit: int, after: str = "") -> tuple[list[Session], str]:
    """List the newest sessions first, those made before `after`; with the cursor of the rest, or `""`."""
    found: list[Session] = []
    for session in everyone(services, tenant, after):
        if len(found) == limit:
            return found, found[-1].key.session
        found.append(session)
    return found, ""


def everyone(services: Services, tenant: str, before: str = "") -> Iterator[Session]:
    """Go through all living sessions of a tenant, the newest first, from the one made before `before`."""
    now, more = services.clock.now(), True
    upto = f"SESSION#{before or END}"
    while more:
        page = services.table.query(f"T#{tenant}", after="SESSION#", upto=upto, reverse=True)
        for item in page.items:
            if item.sk != upto and alive(item, now):
                yield unpack(SessionKey(tenant, item.sk.removeprefix("SESSION#")), item)
        more = page.more
        upto = page.items[-1].sk if page.items else upto


def lifetime(session: Session, now: float) -> float:
    """When a session ends whose turn has just ended: `ttl` is the upper bound, persistent or not."""
    hard = session.created_at + session.options.ttl
    return hard if session.options.persistent else min(hard, now + GRACE)
