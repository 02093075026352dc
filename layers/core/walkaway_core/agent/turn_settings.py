"""The settings of a turn: its session's, or the agent's as it was when the turn began, but for what its message says.

Where what a message says stands is in said_settings.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walkaway_core.agent import client_tools, held, said_settings, settings, suitable
from walkaway_core.agent.client_tools import StoredTools
from walkaway_core.agent.said_settings import Told
from walkaway_core.agent.settings import Said
from walkaway_core.ports.items import Fact
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.settings import ToolSettings


@dataclass(frozen=True, slots=True)
class Own:
    """What a message says for its turn alone, by the names of AgentSettings; `name` is empty where that is nothing."""

    said: Said = field(default_factory=dict)
    name: str = ""
    body: bytes = b""
    tools: StoredTools | None = None

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What the turn's record says of it."""
        return {"settings": self.name} if self.name else {}

    def keep(self, services: Services, tx: Transaction, key: SessionKey) -> None:
        """Keep it below the session, with the tools that it names. Called last: what is large is written here."""
        if not self.name:
            return
        Told(self.name, self.body).keep(services, tx, key, self.tools)


NOTHING = Own()


def read(services: Services, session: Session, asked: ToolSettings | None) -> Own:
    """Read what a message says for its turn. `null` is the default, and not what the session says.

    Raises Invalid, also for what the model of a turn that begins now would refuse, each by its field.
    """
    if asked is None or not asked.model_fields_set & set(ToolSettings.model_fields):
        return NOTHING
    below, _ = held.at_start(services, session)
    stored = None
    if "tools" in asked.model_fields_set:
        stored = client_tools.store(services, session.key.tenant, session.key.session, asked.tools)
    said = {**settings.read(asked, below.tools), **(stored.settings if stored else {})}
    whole = settings.filled(services, settings.over(below, said))
    suitable.check(services, whole)
    if "model" in said:
        said["asked_model"] = ""
    said = {name: getattr(whole, name) for name in said}  # the server's own model and time are those of now
    told = Told.of(said)
    return Own(said, told.name, told.body, stored)


def as_begun(services: Services, session: Session, turn: Turn) -> AgentSettings:
    """Give the settings that a turn began with, which hold until it ends. Raises LookupError where they are gone."""
    return settings.over(held.as_begun(services, session, turn), said(services, turn))


def now(services: Services, session: Session, turn: Turn) -> AgentSettings:
    """Give the settings with which a turn that waits would begin now. Raises LookupError, Invalid."""
    return settings.over(held.at_start(services, session)[0], said(services, turn))


def said(services: Services, turn: Turn) -> Said:
    """Read what a turn's message said of them. Raises LookupError where it is gone, or cannot be read."""
    return said_settings.load(services, turn.key.owner, turn.said)
