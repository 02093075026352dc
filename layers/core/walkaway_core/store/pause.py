"""What a turn's record says of its pauses."""

from dataclasses import dataclass
from typing import Self

from walkaway_core.ports.items import Item


@dataclass(frozen=True, slots=True)
class Pause:
    """How a turn waits for its caller, or has waited: for the answers to calls of `step`, the last one that had such.

    `since`: seconds since the epoch, 0 when it does not wait now; `waited`: seconds of earlier pauses, which do not
    count against the turn. `token` is the state machine's, and `history` how full its execution was then.
    """

    step: int = 0
    since: float = 0
    waited: float = 0
    token: str = ""
    history: int = 0

    @classmethod
    def read(cls, item: Item) -> Self:
        """Read it off a turn's item."""
        return cls(
            step=item.number("asked", 0),
            since=item.time("parked", 0),
            waited=item.time("waited", 0),
            token=str(item.facts.get("token", "")),
            history=item.number("history", 0),
        )
