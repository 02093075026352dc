"""What the model is told: instructions, the conversation, the tools."""

from collections.abc import Sequence

from walkaway_core.agent import client_tools, tools
from walkaway_core.log import transcript
from walkaway_core.ports import paths
from walkaway_core.ports.model import ModelRequest
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session

SYSTEM = f"""\
You carry out a task on your own; the user has walked away and comes back for the result. Nobody answers questions \
while you work, so decide and go on.
Your workspace is {paths.MOUNT}. Files that you write there are what the user finds afterwards; put what was asked for \
where the user said, and mention the paths in your last message.
In a task of several steps, call report_progress whenever you begin a new part."""


NO_COMMANDS = "There is no bash: you cannot run commands here. Use the other tools."


def request(services: Services, said: Sequence[transcript.Entry], session: Session) -> ModelRequest:
    """Put together the next model call of a session in which this has been said."""
    options = session.options
    there = tools.there(services, session)
    without = "" if "bash" in there or not options.allows("bash") else NO_COMMANDS
    return ModelRequest(
        model=options.model,
        system="\n\n".join(filter(None, (SYSTEM, without, options.instructions))),
        messages=transcript.conversation(said),
        tools=[
            *(tools.DEFINITIONS[name] for name in there),
            *client_tools.definitions(services, session.key.tenant, options),
        ],
        max_tokens=options.max_output_tokens + int(options.thinking),
        thinking=options.thinking,
        effort=options.effort,
        temperature=options.temperature,
        server_tools=tuple(name for name in tools.SERVER_TOOLS if options.allows(name, unasked=False)),
    )
