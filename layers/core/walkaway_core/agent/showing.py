"""The settings that sessions and turns are shown with, also when nobody can read any more what is stored of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from walkaway_core.agent import held, settings, turn_settings
from walkaway_core.errors import Invalid
from walkaway_core.store import salvage, sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn

if TYPE_CHECKING:
    from walkaway_core.store.keys import SessionKey


def settings_now(services: Services, session: Session) -> AgentSettings:
    """Give what a turn would begin with now; where none can begin, what the session itself says."""
    try:
        now, _ = held.at_start(services, session)
    except Invalid:
        now = session.options.settings
    return now if now.turn_timeout else settings.filled(services, now)


def of_turns(services: Services, turns: Sequence[Turn]) -> list[AgentSettings]:
    """Give what turns have begun with, and what those that wait would begin with now. What is the same is read once."""
    owners: dict[SessionKey, Session | None] = {}
    held: dict[tuple[SessionKey, bool, int, str], AgentSettings] = {}
    shown = []
    for turn in turns:
        owner, waits = turn.key.owner, turn.status == "queued"
        if owner not in owners:
            item = services.table.get(owner.item)[0]
            owners[owner] = sessions.unpack(owner, item) if item else None
        name = owner, waits, turn.agent_version, turn.said
        if name not in held:
            held[name] = _of_turn(services, owners[owner], turn)
        shown.append(held[name])
    return shown


def _of_turn(services: Services, session: Session | None, turn: Turn) -> AgentSettings:
    if session is None:  # it has gone a moment ago, and its turns with it
        return settings.filled(services, AgentSettings())
    try:
        if turn.status == "queued":
            return turn_settings.now(services, session, turn)
        return turn_settings.as_begun(services, session, turn)
    except (Invalid, *salvage.WRONG):
        return settings_now(services, session)
