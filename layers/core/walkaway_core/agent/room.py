"""How much of a conversation a model is shown: tokens, bytes of one request, characters of one message."""

from walkaway_core.models import catalog
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services

FULL = 0.9
"""Share of what is free in the window beside an answer: the rest is for what the service adds, and for estimates."""
BYTES = 24_000_000
"""A request may have 32 MB (Messages API, request size limits); a message's attachments have up to 27 in base64."""
SUMMARY = 20_000
ONE = 0.6
"""Share of the room that one message may take."""


def tokens(services: Services, settings: AgentSettings) -> int:
    """Give the tokens that a conversation may have before what is old in it becomes a summary."""
    threshold = services.settings.context_tokens
    window = catalog.window(settings.model, threshold)
    answer = (settings.max_output_tokens or catalog.most_output(settings.model)) + int(settings.thinking or 0)
    free = max(window - answer, window // 4)
    return min(int(FULL * free), catalog.compact_at(settings.model, threshold))


def summary(services: Services, settings: AgentSettings) -> int:
    """Give the tokens that a summary may have, the thinking about it counted."""
    return min(SUMMARY, catalog.window(settings.model, services.settings.context_tokens) // 4)


def longest(services: Services, settings: AgentSettings) -> int:
    """Give the characters that one message, or the results of one step together, may have."""
    return int(ONE * characters(settings, tokens(services, settings)))


def characters(settings: AgentSettings, tokens: float) -> float:
    """Estimate how long a text of so many tokens is."""
    card = catalog.find(settings.model)
    return tokens * (card.characters_per_token if card else 3.5)
