"""Where responses stand in the Table.

pk                        sk                              item
T#{tenant}#{session}      RESPONSE#{turn}                 what the response of a turn was asked for
                          INPUT#{turn}                    the items of its input, as they came
                          CONVERSATION                    that the session is a conversation, and its metadata
                          ADDED#{place}                   items that were added to it without a turn
                          GONE#{item}                     an item that was taken out of it
"""

from walkaway_core.ports.items import Key
from walkaway_core.store.keys import SessionKey, TurnKey


def asked(turn: TurnKey) -> Key:
    """What the response that a turn is was asked for."""
    return turn.owner.partition, f"RESPONSE#{turn.turn}"


def given(turn: TurnKey) -> Key:
    """The items of its input."""
    return turn.owner.partition, f"INPUT#{turn.turn}"


def conversation(session: SessionKey) -> Key:
    """That a session is a conversation."""
    return session.partition, "CONVERSATION"


def added(session: SessionKey, place: str) -> Key:
    """Items that were added at a place in it, which is named as a turn is."""
    return session.partition, f"ADDED#{place}"


def gone(session: SessionKey, item: str) -> Key:
    """An item that was taken out of it."""
    return session.partition, f"GONE#{item}"
