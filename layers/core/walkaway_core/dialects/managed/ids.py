"""Ids of this dialect: ours under other beginnings, and events that carry their place (contract E.14).

    sesn_  X of sess_X         agent_  X of agt_X         event_  X of evt_X, what webhooks tell
    sthr_  X of sess_X, whose primary thread it is
    sevt_  24 digits of the turn, 6 of the number in its log, and a letter where several events have one number
    sevt_  24 digits of the session, `s`, 6 of the number in its own log, and so on

All digits are hex; a number that needs more than 6 has them. Letters are none of those that are digits, and not `s`.
"""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Final

_HEX: Final = "[0-9a-f]"
_EVENT = re.compile(f"sevt_({_HEX}{{24}})(s?)({_HEX}{{6}}|[1-9a-f]{_HEX}{{6,9}})([g-rt-z]?)")
_DIGITS = re.compile(f"{_HEX}{{24}}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands: a turn's log (`msg_…`) or a session's own (`sess_…`), the number there, and a letter."""

    owner: str
    number: int
    letter: str = ""

    @property
    def of_session(self) -> bool:
        """Whether it stands in the session's own log."""
        return self.owner.startswith("sess_")

    @property
    def id(self) -> str:
        """Its id."""
        return event(self.owner, self.number, self.letter)


def event(owner: str, number: int, letter: str = "") -> str:
    """Make the id of an event of a turn's log (`msg_…`), or of the own log of a session (`sess_…`)."""
    own = "s" if owner.startswith("sess_") else ""
    return f"sevt_{_digits(owner)}{own}{number:06x}{letter}"


def read_event(id_: str) -> Place | None:
    """Say where an event stands; None for an id that was not made here."""
    found = _EVENT.fullmatch(id_)
    if found is None:
        return None
    return Place(("sess_" if found[2] else "msg_") + found[1], int(found[3], 16), found[4])


def session(ours: str) -> str:
    """Name a session."""
    return f"sesn_{_digits(ours)}"


def read_session(id_: str) -> str | None:
    """Say which session it is; None for an id that was not made here."""
    return _ours("sesn_", id_, "sess_")


def thread(ours: str) -> str:
    """Name the primary thread of a session."""
    return f"sthr_{_digits(ours)}"


def read_thread(id_: str) -> str | None:
    """Say of which session it is the primary thread; None for an id that was not made here."""
    return _ours("sthr_", id_, "sess_")


def agent(ours: str) -> str:
    """Name an agent."""
    return f"agent_{_digits(ours)}"


def read_agent(id_: str) -> str | None:
    """Say which agent it is; None for an id that was not made here."""
    return _ours("agent_", id_, "agt_")


def notice(ours: str, number: int = 0) -> str:
    """Name what a webhook tells, the `number`-th thing of one notice."""
    return f"event_{_digits(ours)}{number or ''}"


def workspace(tenant: str) -> str:
    """Name a tenant as the one workspace that it has."""
    return f"wrkspc_{_hash(tenant)[:24]}"


def organization(tenant: str) -> str:
    """Name a tenant as an organization, in the form that these names have."""
    return str(uuid.UUID(_hash(f"organization {tenant}")[:32]))


def _ours(prefix: str, id_: str, ours: str) -> str | None:
    digits = id_.removeprefix(prefix)
    return ours + digits if id_.startswith(prefix) and _DIGITS.fullmatch(digits) else None


def _digits(id_: str) -> str:
    """Give the 24 hex digits of an id of ours (`ports.clock.Ids`)."""
    return id_.rpartition("_")[2]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
