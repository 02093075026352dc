"""Turns as they are shown: in answers to requests, and in what webhooks are sent."""

from walkaway_core.agent import settings, showing
from walkaway_core.engine.pause import asking
from walkaway_core.log import spoken
from walkaway_core.store import changes
from walkaway_core.store.changes import Shown
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire.messages import ChangedFile, ResponseRecord, ResponseState
from walkaway_wire.tools import PendingToolCall


def pending(services: Services, turn: Turn | None) -> list[PendingToolCall]:
    """Show the calls for whose answers a turn waits."""
    return [PendingToolCall(**request.shown) for request in asking.pending(services, turn)] if turn else []


def responses(services: Services, turns: list[Turn]) -> list[ResponseRecord]:
    """Show turns, each with the text of its last step, and with its settings."""
    held = showing.of_turns(services, turns)
    return [
        ResponseRecord(**dict(state), **settings.shown(services, those))
        for state, those in zip(states(services, turns), held, strict=True)
    ]


def states(services: Services, turns: list[Turn]) -> list[ResponseState]:
    """Show how turns stand, as others are told it: each with the text of its last step, and without its settings."""
    texts = spoken.texts(services, [(turn.key, turn.step) for turn in turns])
    files = _files(services, turns)
    return [
        ResponseState(
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
            files=[ChangedFile.model_validate(file) for file in files.get(turn.key.turn, ())],
            schedule_id=_id(turn, "schedule"),
            firing_id=_id(turn, "firing"),
        )
        for turn, text in zip(turns, texts, strict=True)
    ]


def _id(turn: Turn, name: str) -> str | None:
    found = turn.facts.get(name)
    return found if isinstance(found, str) else None


def _files(services: Services, turns: list[Turn]) -> dict[str, list[Shown]]:
    """Read which files turns have changed, by their ids; those that run, until now."""
    ended = [turn.key for turn in turns if turn.files]
    files = {key.turn: found for key, found in zip(ended, changes.at_end(services, ended), strict=True)}
    running = [turn.key for turn in turns if turn.status == "running" and (turn.step or turn.approved)]
    return files | {key.turn: changes.so_far(services, key) for key in running}
