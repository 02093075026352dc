"""Where everything stands in the Table. Every key begins with a tenant, or with SYS#, which no route reads.

pk                        sk                              item
T#{tenant}                SESSION#{session}               a session's record
                          KEY#{hash}                      an idempotency key, and the turn that it started
T#{tenant}#{session}      TURN#{turn}                     a turn's record
                          QUEUE#{turn}                    a message that waits for its turn
                          CHILD#{session}                 a session that goes on from a turn of it
                          CHANGED#{turn}                  the files that a turn has changed, once it is over
                          CHANGED#{turn}#{step}#{call}    those that a call of it has changed
                          ASKED#{hash}                    a call that the caller was asked to answer
                          TOOLS#{hash}                    definitions of tools that the caller runs; also below an agent
                          CONTAINER                       its container: what it has become, who works in it
                          MOUNT#{hash}                    a file that its container has (mounts.py)
                          SETTINGS#{hash}                 settings that messages have said for their turns alone
                          ENTRY#{order}#{step}#0          what the user (step 0) or the model said
                          ENTRY#{order}#{step}#+          what was said elsewhere, and came with the message (step 0)
                          ENTRY#{order}#{step}#!          a summary, made before that step
                          ENTRY#{order}#{step}#-#{n}      what the user said while the turn ran, for that step
                          ENTRY#{order}#{step}#/          what of all before it the model service refused at that step
                          ENTRY#{order}#{step}#1#{call}   the journal of a tool call, and its result
T#{tenant}#{session}+     {number}                        the session's log: what happens between turns
T#{tenant}#{turn}         {number}                        the turn's log; number of the item's first event
T#{tenant}                AGENT#{agent}                   an agent; its versions stand below T#{tenant}#{agent}
                          AGENTNAME#{hash}                which agent has a name
T#{tenant}                SEAL                            the key of what callers keep for us (seals.py)
T#{tenant}                STORED                          how many bytes a tenant's files have (on DynamoDB)
T#{tenant}#PLACES         {number}                        a place for a command or another slow tool that is taken
T#{tenant}…               …                               what dialects (keys.py) keep, and repetitions, places, ends …
T#{tenant}                WEBHOOK#{webhook}               an address that is to be told what happens
                          WEBHOOKNAME#{name}              which address has a name
T#{tenant}#{owner}#DELIVERIES  {event}                    what a webhook, or a turn's own address, is to be told
T#{tenant}#EVENTS         {event}                         what has happened: the tenant's feed
SYS#DUE#{0..15}           {ms}#{kind}#{id}                what someone must look at, and when
SYS#KEYS                  {hash}                          an API key's tenant
SYS#MACHINE               {execution}                     the local machine's executions
SYS#BUS                   {id}                            what the local bus of 0.1.0 had still to tell
SYS#PROBE                 -                               written to see whether there is room again (one machine)
SYS#FORMAT                -                               the format's number (on DynamoDB)
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from walkaway_core.ports.items import Key

DUE_SHARDS = 16
API_KEYS = "SYS#KEYS"
MACHINE = "SYS#MACHINE"
BUS = "SYS#BUS"
PROBE = "SYS#PROBE"
FORMAT = "SYS#FORMAT"
END = "\uffff"
"""Sorts after everything that can follow a prefix: keys are ASCII behind it."""


@dataclass(frozen=True, slots=True)
class SessionKey:
    """Names a session of a tenant."""

    tenant: str
    session: str

    @property
    def item(self) -> Key:
        """The session's record."""
        return f"T#{self.tenant}", f"SESSION#{self.session}"

    @property
    def detail(self) -> dict[str, str]:
        """It as a due item says it."""
        return {"tenant": self.tenant, "session": self.session}

    @property
    def partition(self) -> str:
        """Where its turns, its queue and its conversation stand."""
        return f"T#{self.tenant}#{self.session}"

    @property
    def own_log(self) -> "TurnKey":
        """The log of what happens between turns, which is kept like a turn's; no turn has such a name."""
        return TurnKey(self.tenant, self.session, f"{self.session}+")

    def turn(self, name: str) -> "TurnKey":
        """One of its turns."""
        return TurnKey(self.tenant, self.session, name)

    def asked(self, call: str) -> Key:
        """A call that the caller was asked to answer, by the id that the model gave it."""
        return self.partition, f"ASKED#{hashlib.sha256(call.encode(errors='surrogatepass')).hexdigest()}"

    def waiting(self, turn: str) -> Key:
        """A message that waits for its turn."""
        return self.partition, f"QUEUE#{turn}"


@dataclass(frozen=True, slots=True)
class TurnKey:
    """Names a turn of a session of a tenant.

    `order` is its place in the conversation, known once its record is read: its own name, or, when it had to wait, the
    name that it would have had if it had been made when it began.
    """

    tenant: str
    session: str
    turn: str
    order: str = field(default="", compare=False)

    @classmethod
    def named(cls, tenant: str, facts: Mapping[str, object]) -> "TurnKey":
        """Say which turn an entry of a list or a look-up means; one that cannot be read means `nobodys`."""
        session, turn = (str(facts.get(name, "")) for name in ("session", "turn"))
        return cls(tenant, session, turn) if session[:5] == "sess_" and turn[:4] == "msg_" else cls(tenant, "", "")

    @property
    def nobodys(self) -> bool:
        """Whether nothing says which session it is in."""
        return not self.session

    @property
    def owner(self) -> SessionKey:
        """Its session."""
        return SessionKey(self.tenant, self.session)

    @property
    def item(self) -> Key:
        """The turn's record."""
        return self.owner.partition, f"TURN#{self.turn}"

    @property
    def detail(self) -> dict[str, str]:
        """It as a due item says it."""
        return {"tenant": self.tenant, "session": self.session, "turn": self.turn}

    @property
    def log(self) -> str:
        """Where its events stand."""
        return f"T#{self.tenant}#{self.turn}"

    def entry(self, step: int) -> Key:
        """What was said at a step; 0 is the user's message."""
        return self.owner.partition, f"{self._entries}{step:05}#0"

    @property
    def imported(self) -> Key:
        """What was said elsewhere, and came along with the message; sorts before that."""
        return self.owner.partition, f"{self._entries}{0:05}#+"

    def summary(self, step: int) -> Key:
        """What stands for the conversation before some entry, from this step on; sorts before the step's answer."""
        return self.owner.partition, f"{self._entries}{step:05}#!"

    def steered(self, step: int, number: int) -> Key:
        """What the user said while the turn ran; sorts before the answer of the step that gets to see it."""
        return self.owner.partition, f"{self._entries}{step:05}#-#{number:05}"

    def refused(self, step: int) -> Key:
        """What the model service refused of all that was said; sorts behind it, where the step's answer would."""
        return self.owner.partition, f"{self._entries}{step:05}#/"

    def call(self, step: int, index: int) -> Key:
        """The journal of a step's tool call."""
        return self.owner.partition, f"{self._entries}{step:05}#1#{index:03}"

    def changed(self, *place: int) -> Key:
        """The files that a step's tool call has changed; without a `place`, those of the whole turn."""
        return self.owner.partition, f"CHANGED#{self.turn}" + ("#{:05}#{:03}".format(*place) if place else "")

    @property
    def _entries(self) -> str:
        return f"ENTRY#{self.order or self.turn}#"


def idempotency(tenant: str, key: str) -> Key:
    """What came of the request with this idempotency key."""
    return f"T#{tenant}", f"KEY#{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"


def hashed(tenant: str, owner: str, kind: str, digest: str) -> Key:
    """What a session or an agent was told once and is named by its hash: definitions of tools, settings of turns."""
    return f"T#{tenant}#{owner}", f"{kind}#{digest}"


def agent(tenant: str, id_: str) -> Key:
    """An agent as it is now."""
    return f"T#{tenant}", f"AGENT#{id_}"


def agent_name(tenant: str, name: str) -> Key:
    """Which agent has this name."""
    return f"T#{tenant}", f"AGENTNAME#{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()}"


def agent_version(tenant: str, id_: str, version: int) -> Key:
    """An agent as it was in a version."""
    return f"T#{tenant}#{id_}", f"{version:010}"


def webhook(tenant: str, id_: str) -> Key:
    """An address that a tenant has registered."""
    return f"T#{tenant}", f"WEBHOOK#{id_}"


def delivery(tenant: str, owner: str, event: str) -> Key:
    """What an endpoint, or a turn's own address, is to be told."""
    return f"T#{tenant}#{owner}#DELIVERIES", event


def feed(tenant: str, event: str) -> Key:
    """Something that has happened to a tenant's sessions, turns and webhooks."""
    return f"T#{tenant}#EVENTS", event


def stored(tenant: str) -> Key:
    """How many bytes the files of a tenant have."""
    return f"T#{tenant}", "STORED"


def places(tenant: str) -> str:
    """Where the places for slow tools stand that are taken."""
    return f"T#{tenant}#PLACES"


def event(number: int) -> str:
    """The sort key of the log item that begins with this event."""
    return f"{number:010}"


def due_partition(shard: int) -> str:
    """One of the DUE_SHARDS partitions of the due queue."""
    return f"SYS#DUE#{shard:02}"


def due_shard(name: str) -> str:
    """The partition of the due queue where everything about `name` stands."""
    return due_partition(zlib.crc32(name.encode()) % DUE_SHARDS)


def due(at: float, kind: str, name: str) -> Key:
    """The key of a due item, `at` in seconds since the epoch."""
    return due_shard(name), f"{int(at * 1000):013}#{kind}#{name}"


def due_at(sk: str) -> float | None:
    """When the due item with this sort key is due, in seconds since the epoch; None for a key made by hand."""
    digits = sk[:13]
    return int(digits) / 1000 if digits.isascii() and digits.isdecimal() else None
