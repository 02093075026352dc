"""The settings that a session is shown with, also when nobody can read any more what is stored of them."""

from walkaway_core.agent import agents, settings
from walkaway_core.errors import Invalid
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session


def settings_now(services: Services, session: Session) -> AgentSettings:
    """Give what a turn would begin with now; where none can begin, what the session itself says."""
    try:
        now, _ = agents.at_start(services, session)
    except Invalid:
        now = session.options.settings
    return now if now.turn_timeout else settings.filled(services, now)
