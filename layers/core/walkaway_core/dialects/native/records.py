"""Turns as they are shown: in answers to requests, and in what webhooks are sent."""

from walkaway_core.engine.pause import asking
from walkaway_core.log import transcript
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire.messages import ResponseRecord
from walkaway_wire.tools import PendingToolCall


def pending(services: Services, turn: Turn | None) -> list[PendingToolCall]:
    """Show the calls for whose answers a turn waits."""
    return [PendingToolCall(**request.shown) for request in asking.pending(services, turn)] if turn else []


def responses(services: Services, turns: list[Turn]) -> list[ResponseRecord]:
    """Show turns, each with the text of its last step."""
    texts = transcript.texts(services, [(turn.key, turn.step) for turn in turns])
    return [
        ResponseRecord(
            id=turn.key.turn,
            session_id=turn.key.session,
            status="in_progress" if turn.status == "running" else turn.status,
            created_at=turn.created_at,
            started_at=turn.began_at or None,
            ended_at=turn.ended_at,
            steps=turn.step,
            usage=turn.usage,
            cost_usd=turn.cost_usd,
            output_text=text,
            error=turn.error or None,
            error_code=turn.code or None,
            pending_tool_calls=pending(services, turn),
        )
        for turn, text in zip(turns, texts, strict=True)
    ]
