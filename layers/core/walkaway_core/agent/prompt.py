"""What the model is told: instructions, the conversation, the tools."""

from collections.abc import Sequence
from dataclasses import fields

from walkaway_core.agent import client_tools, tools
from walkaway_core.log import transcript
from walkaway_core.ports import paths
from walkaway_core.ports.model import ModelRequest
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services

SYSTEM = f"""\
You carry out a task on your own; the user has walked away and comes back for the result. Nobody answers questions \
while you work, so decide and go on.
Your workspace is {paths.MOUNT}. Files that you write there are what the user finds afterwards; put what was asked for \
where the user said, and mention the paths in your last message.
In a task of several steps, call report_progress whenever you begin a new part."""


AS_SAID = [
    setting.name
    for setting in fields(AgentSettings)
    if (setting.name, setting.type) in {(field.name, field.type) for field in fields(ModelRequest)}
]
"""Settings that a model call takes as they are: those of a name and a type that it has, too."""
NO_COMMANDS = "There is no bash: you cannot run commands here. Use the other tools."


def request(services: Services, said: Sequence[transcript.Entry], tenant: str, settings: AgentSettings) -> ModelRequest:
    """Put together the next model call of a turn with these settings, in a session in which this has been said."""
    there = tools.there(services, settings)
    without = "" if "bash" in there or not settings.allows("bash") else NO_COMMANDS
    return ModelRequest(
        system="\n\n".join(filter(None, (SYSTEM, without, settings.instructions))),
        messages=transcript.conversation(said),
        tools=[
            *(tools.DEFINITIONS[name] for name in there),
            *client_tools.definitions(services, tenant, settings),
        ],
        max_tokens=settings.max_output_tokens + int(settings.thinking or 0),
        server_tools=tuple(name for name in tools.SERVER_TOOLS if settings.allows(name, unasked=False)),
        **{name: getattr(settings, name) for name in AS_SAID},
    )
