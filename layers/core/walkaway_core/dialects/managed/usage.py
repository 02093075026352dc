"""What a session has used, as this dialect shows it: tokens of whole turns, seconds, and the cost (contract E.7)."""

from collections.abc import Mapping
from typing import Any, Final

from walkaway_core.store import spending
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn

CENT: Final = 10_000
"""Millionths of a US dollar."""
CURRENCY: Final = "USD"


def of(session: Session, turn: Turn | None, now: float) -> dict[str, Any]:
    """Give what a session has used, its turn being this one if one runs: that counts for its seconds alone."""
    used = session.used
    for_an_hour = used.get("cache_creation_1h_input_tokens", 0)
    return {
        "input_tokens": used.get("input_tokens", 0),
        "output_tokens": used.get("output_tokens", 0),
        "cache_read_input_tokens": used.get("cache_read_input_tokens", 0),
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.get("cache_creation_input_tokens", 0) - for_an_hour,
            "ephemeral_1h_input_tokens": for_an_hour,
        },
        "server_tool_use": {
            "web_search_requests": used.get("web_search_requests", 0),
            "web_fetch_requests": used.get("web_fetch_requests", 0),
        },
        "active_seconds": active(session, turn, now),
        "list_cost": money(session.cost),
        "list_cost_usd": session.cost / 1e6,
    }


def active(session: Session, turn: Turn | None, now: float) -> float:
    """Seconds for which its turns have run, the one that runs until now."""
    return round(session.ran + (spending.ran(turn, now) if turn else 0), 3)


def stats(session: Session, turn: Turn | None, now: float) -> dict[str, Any]:
    """Give how long it has been at work, and there."""
    duration = (session.archived_at or now) - session.created_at
    return {"active_seconds": active(session, turn, now), "duration_seconds": round(max(duration, 0.0), 3)}


def money(micro: int) -> dict[str, str]:
    """Write an amount in whole cents, rounded, from millionths of a US dollar."""
    return {"amount": str(round(micro / CENT)), "currency": CURRENCY}


def budget(micro: int | None) -> Mapping[str, Any] | None:
    """Write what a session may cost."""
    return None if micro is None else {"type": "limit", "max_list_cost": money(micro)}


def micro(budget: Mapping[str, Any]) -> int:
    """Read what `budget` has written."""
    return int(budget["max_list_cost"]["amount"]) * CENT
