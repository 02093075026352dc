"""Where this dialect keeps what is not a turn or an agent.

pk                    sk                       item
T#{tenant}            ENVIRONMENT#{env}        an environment (environments.py)
T#{tenant}#MANAGED    {session}                a session, as it is listed (session_record.py)
"""

from walkaway_core.ports.items import Key
from walkaway_core.store.keys import SessionKey


def environment(tenant: str, id_: str) -> Key:
    """An environment."""
    return f"T#{tenant}", f"ENVIRONMENT#{id_}"


def listed(tenant: str) -> str:
    """Where the sessions stand that were made in this dialect, in the order in which they were made."""
    return f"T#{tenant}#MANAGED"


def session(key: SessionKey) -> Key:
    """What a session is to this dialect."""
    return listed(key.tenant), key.session
