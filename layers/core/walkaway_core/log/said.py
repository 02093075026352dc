"""One thing that the user says: as the model gets it, and as whoever has sent it is to see it again."""

from dataclasses import dataclass
from typing import Any

Blocks = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """Blocks in the shape of the Messages API; and those that a dialect shows, where they are others (else empty)."""

    content: Blocks
    shown: Blocks | None = None

    @property
    def body(self) -> dict[str, Any]:
        """What its entry says."""
        return {"role": "user", "content": self.content, **({"shown": self.shown} if self.shown else {})}
