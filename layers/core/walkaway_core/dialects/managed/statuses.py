"""How a session stands, in the four words of this dialect (contract E.7)."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.log import log
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn
from walkaway_wire.events import STEP_RETRYING

Status = Literal["rescheduling", "running", "idle", "terminated"]
LONG_WAIT: Final = 5.0
"""Seconds from which a wait for the model's service is told; shorter ones nobody need know of (contract E.8)."""


def check(words: Iterable[str]) -> None:
    """Raise Refusal for a word that is none."""
    if wrong := next((word for word in words if word not in get_args(Status)), None):
        raise invalid(f"{wrong[:40]!r} is no status; there are {', '.join(get_args(Status))}", "statuses")


def of(services: Services, session: Session, turn: Turn | None) -> Status:
    """Say how a session stands whose turn, if one runs, is this one: it is idle while that waits for its caller."""
    if session.archived_at:
        return "terminated"
    if turn is None or turn.status != "running" or turn.parked:
        return "idle"
    return "rescheduling" if turn.begun and _waits(services, turn) else "running"


def _waits(services: Services, turn: Turn) -> bool:
    """Whether the last thing that is known of a turn is a long wait for the model's service."""
    item = log.latest(services, turn.key)
    events = log.events(services, turn.key, [item] if item else [])
    last = events[-1] if events else None
    return last is not None and last.type == STEP_RETRYING and float(last.data.get("wait", 0)) >= LONG_WAIT
