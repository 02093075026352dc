"""Where the sessions API keeps what it lists by.

pk                        sk                              item
T#{tenant}#WAITING        {session}                       a session whose turn waits for its caller
"""

from walkaway_core.ports.items import Key
from walkaway_core.store.keys import SessionKey


def waiting(session: SessionKey) -> Key:
    """A session whose turn waits for its caller."""
    return f"T#{session.tenant}#WAITING", session.session
