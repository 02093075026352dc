"""Webhooks that have come, with handles that can act."""

from collections.abc import Mapping

from walkaway import answers
from walkaway._sync.transport import Transport
from walkaway._sync.turns import Turn
from walkaway.errors import WalkawayError
from walkaway.tools import Tool
from walkaway.webhooks import WebhookEvent


class Hooked:
    """What a webhook tells. `id`: the same in every attempt, to know what has come already.

    `sequence` increases with each event of a session. `turn`: a handle; of an event that is of no turn, one that
    raises. `tool_calls`: what the turn asked when it began to wait.
    """

    def __init__(self, event: WebhookEvent, transport: Transport, own: Mapping[str, Tool]) -> None:
        self.type, self.id, self.sequence, self.data = event.type, event.id, event.sequence, event.data
        self.session_id, self.tool_calls, self.at = event.session_id, event.tool_calls, event.at
        self._turn = None
        if answers.is_record(event.turn, "id"):
            assert event.turn
            self._turn = Turn(transport, event.session_id, str(event.turn["id"]), own=own, raw=event.turn)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type} {self.id}>"

    @property
    def turn(self) -> Turn:
        """The turn that it is about, as a handle. Raises WalkawayError where it is about none."""
        if self._turn is None:
            raise WalkawayError(f"{self.type} is about no turn; its data has what it is about")
        return self._turn
