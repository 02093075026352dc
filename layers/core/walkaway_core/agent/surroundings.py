"""What an agent is told of the container in which it works. It stays the same as long as its tools do."""

from collections.abc import Sequence

from walkaway_core.ports.containers import OUTPUTS, PLACES, UPLOADS, WORKING
from walkaway_core.store.services import Services

OF_CONTAINER = ("bash", "edit", "glob", "grep", "read", "write")
"""The tools that work in it."""
CONTAINER = (
    f"You work in a container of this session's own. Commands and relative paths begin in {WORKING}. What is below "
    f"{', '.join(PLACES[:-1])} and {PLACES[-1]} stays from call to call, and from message to message. Files that the "
    f"user gives you are below {UPLOADS}, or where the user says; they cannot be changed. Leave what the user is to "
    f"get as a file below {OUTPUTS}."
)


def container(services: Services, tools: Sequence[str]) -> str:
    """Tell of it an agent that has these tools; nothing to one that does not work in it."""
    if not any(tool in OF_CONTAINER for tool in tools):
        return ""
    moved = {place: real for place, real in services.sandbox.places().items() if real != place}
    if not moved:
        return CONTAINER
    where = ", ".join(f"{place} at {real}" for place, real in moved.items())
    return f"{CONTAINER}\nOn this machine these places stand elsewhere: {where}. Use those paths in commands and tools."
