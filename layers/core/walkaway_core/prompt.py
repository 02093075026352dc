"""What the model is told: instructions, the conversation, the tools."""

from collections.abc import Sequence

from walkaway_core import paths, tools, transcript
from walkaway_core.ports import ModelRequest
from walkaway_core.sessions import Session

SYSTEM = f"""\
You carry out a task on your own; the user has walked away and comes back for the result. Nobody answers questions \
while you work, so decide and go on.
Your workspace is {paths.MOUNT}. Files that you write there are what the user finds afterwards; put what was asked for \
where the user said, and mention the paths in your last message.
In a task of several steps, call report_progress whenever you begin a new part."""


def request(said: Sequence[transcript.Entry], session: Session) -> ModelRequest:
    """Put together the next model call of a session in which this has been said."""
    options = session.options
    system = f"{SYSTEM}\n\n{options.instructions}" if options.instructions else SYSTEM
    return ModelRequest(
        model=options.model,
        system=system,
        messages=transcript.conversation(said),
        tools=[tool for tool in tools.DEFINITIONS if options.allows(tool["name"])],
        max_tokens=options.max_output_tokens + int(options.thinking),
        thinking=options.thinking,
        effort=options.effort,
        temperature=options.temperature,
        server_tools=tuple(name for name in tools.SERVER_TOOLS if options.allows(name, unasked=False)),
    )
