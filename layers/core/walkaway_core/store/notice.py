"""Something that has happened, as the bus, webhooks and the feed are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.ports.items import ms


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that has happened. `sequence` increases with each such thing of a session; 0: of no session."""

    id: str
    kind: str
    tenant: str
    session: str
    turn: str
    sequence: int
    at: float
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def detail(self) -> dict[str, Any]:
        """What the bus is told."""
        named = {"session_id": self.session, "response_id": self.turn}
        own = {"id": self.id, "tenant": self.tenant, "sequence": self.sequence, "at": ms(self.at)}
        return own | {name: value for name, value in named.items() if value} | dict(self.more)

    @classmethod
    def read(cls, kind: str, detail: Mapping[str, Any]) -> "Notice":
        """Read what the bus was told."""
        known = ("id", "tenant", "sequence", "at", "session_id", "response_id")
        more = {name: value for name, value in detail.items() if name not in known}
        session, turn = detail.get("session_id", ""), detail.get("response_id", "")
        return cls(detail["id"], kind, detail["tenant"], session, turn, detail["sequence"], detail["at"] / 1000, more)
