"""Lets what is kept of sessions go with them."""

from walkaway_core.dialects.managed import keys
from walkaway_core.store import lifetimes
from walkaway_core.store.extensions import Projection
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction


class SessionEnds(Projection):
    """Takes a session off the list when it is deleted."""

    def session_deleted(self, services: Services, tx: Transaction, session: Session) -> None:
        """A session goes: one without an end may be one of ours."""
        del services
        if session.options.ttl >= lifetimes.FOR_EVER:
            tx.delete(keys.session(session.key))
