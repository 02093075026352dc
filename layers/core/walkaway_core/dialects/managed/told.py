"""What is told of a session: events that stand in its list, and previews of them on streams."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from walkaway_core.dialects.managed import ids

MESSAGE: Final = "agent.message"
THINKING: Final = "agent.thinking"
USE: Final = "agent.tool_use"
PREVIEWED: Final = frozenset({MESSAGE, THINKING})
"""Types whose previews the clients' SDK knows."""
ALL_PREVIEWED: Final = PREVIEWED | {USE}
"""Types of which a stream may ask for previews."""

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Who:
    """Whose events they are: a session of ours, and the agent of its primary thread."""

    session: str
    agent_name: str

    @property
    def thread(self) -> dict[str, str]:
        """What each event about the state of a thread says of it."""
        return {"agent_name": self.agent_name, "session_thread_id": ids.thread(self.session)}


class Said(Protocol):
    """What a turn's log leaves to the conversation: messages and results whole, and why the model refused."""

    def message(self) -> Sequence[Block]:
        """Give the blocks of the message with which the turn began."""

    def steered(self, step: int, number: int) -> Sequence[Block]:
        """Give those of what was said while it ran: for that step, as the `number`-th of the turn, from 0."""

    def given(self, step: int, index: int) -> Sequence[Block] | None:
        """Give the blocks that came of that call of a step; None where it is a text, which the log has."""

    def answer(self, step: int) -> Mapping[str, Any]:
        """Give what the model said at a step, as the conversation has it; nothing if that is not there."""

    def spent(self) -> Mapping[str, Any]:
        """Give `usage`, and `budget`, of the session when the turn had ended."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and where it is told: behind which event of a log, as which of those that come of that one, from 0.

    `fields` begin with `type`; `previews` names the type of the event that this one is only a piece of. `at`: the time
    that it says, in seconds since the epoch.
    """

    owner: str
    number: int
    index: int
    fields: Mapping[str, Any]
    at: float
    previews: str = ""

    @property
    def type(self) -> str:
        """Its type."""
        return str(self.fields["type"])

    @property
    def id(self) -> str:
        """Its id, by which programs name it; of a preview, that of the event it is of."""
        if not self.previews:
            return str(self.fields["id"])
        return str(self.fields.get("event_id") or self.fields["event"]["id"])

    @property
    def waits(self) -> bool:
        """Whether it is a message that nobody has seen yet: it is told again, under the same id, when somebody has."""
        return not self.previews and self.fields.get("processed_at") is None

    @property
    def idle(self) -> bool:
        """Whether the session rests from here on."""
        return self.type == "session.status_idle"

    @property
    def last(self) -> bool:
        """Whether nothing follows it, ever."""
        return self.type in {"session.status_terminated", "session.deleted"}

    @property
    def spot(self) -> "Spot":
        """Its place."""
        return Spot(self.owner, self.number, self.index)


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place behind which a reader goes on: what comes of which event of which log, and how much of that was read."""

    owner: str
    number: int
    index: int

    @property
    def cursor(self) -> str:
        """It as clients name it."""
        return f"{ids.event(self.owner, self.number)}.{self.index:x}"

    @classmethod
    def read(cls, cursor: str) -> "Spot | None":
        """Read what clients name; None for what is none."""
        event, _, index = cursor.partition(".")
        place = ids.read_event(event)
        if place is None or place.letter or not re.fullmatch("[0-9a-f]{1,4}", index):
            return None
        return cls(place.owner, place.number, int(index, 16))
