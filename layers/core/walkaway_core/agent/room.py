"""How much of a conversation a model is shown: tokens, bytes of one request, characters of one message."""

from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services

FULL = 0.9
"""Share of what is free in the window beside an answer: the rest is for what the service adds, and for estimates."""
BYTES = 24_000_000
"""A request may have 32 MB (Messages API, request size limits); a message's attachments have up to 27 in base64."""
CHARACTERS_PER_TOKEN = 3.5
ONE = 0.6
"""Share of the room that one message may take."""


def tokens(services: Services, settings: AgentSettings) -> int:
    """Give the tokens that a conversation may have before what is old in it becomes a summary."""
    window = services.settings.context_tokens
    return int(FULL * max(window - settings.max_output_tokens - int(settings.thinking or 0), window // 4))


def longest(services: Services, settings: AgentSettings) -> int:
    """Give the characters that one message, or the results of one step together, may have."""
    return int(ONE * CHARACTERS_PER_TOKEN * tokens(services, settings))
