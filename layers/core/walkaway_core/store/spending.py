"""What the turns of a session have used together: written when a turn ends, read off the session's record."""

from walkaway_core.store import session_facts
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn


def ran(turn: Turn, now: float) -> float:
    """Seconds for which a turn has run until now, pauses not counted."""
    until = turn.ended_at or (turn.pause.since if turn.parked else now)
    return max(until - turn.began_at - turn.pause.waited, 0.0) if turn.began_at else 0.0


def add(tx: Transaction, session: Session, turn: Turn, now: float) -> None:
    """Add what a turn of it has used that ends now."""
    tx.change(session.key.item, add=session_facts.used(turn.usage, ran(turn, now)))
