"""Whether a model takes what a session asks of it: said when it is asked, and not by the service in the middle."""

from collections.abc import Iterator

from walkaway_core.agent import tools
from walkaway_core.errors import Invalid
from walkaway_core.models import arguments, catalog
from walkaway_core.models.catalog import Card
from walkaway_core.settings import BEDROCK
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services


def check(services: Services, settings: AgentSettings) -> None:
    """Raise Invalid when the model cannot be called here, its cost not be limited, or it refuses a setting.

    A model that the table does not have gets what is asked.
    """
    model = settings.model or services.settings.model
    if problem := services.model.knows(model):
        raise Invalid(problem)
    card = catalog.find(model)
    if card is None and (settings.max_cost_usd or settings.max_turn_cost_usd):
        raise Invalid(f"A cost limit cannot be kept for {model[:100]!r}: docs/models.md has no price of it")
    if problem := next(_problems(settings, model, card), None):
        raise Invalid(problem)


def _problems(settings: AgentSettings, model: str, card: Card | None) -> Iterator[str]:
    """Say what the model refuses, each beginning with the field's name."""
    if model.startswith(BEDROCK) and (named := [t for t in tools.SERVER_TOOLS if settings.allows(t, unasked=False)]):
        yield f"allowed_tools: {named[0]} is a tool of Claude's own API, which Bedrock does not have"
    if card is None:
        return
    name = card.name
    if settings.effort and settings.effort not in card.efforts:
        takes = f"takes {', '.join(card.efforts)}" if card.efforts else "takes none; leave it out"
        yield f"effort: {name} does not know {settings.effort!r}; it {takes}"
    if settings.temperature is not None and not card.sampling:
        yield f"temperature: {name} takes none; leave it out"
    if settings.temperature is not None and settings.thinking:
        yield f"temperature: {name} takes none while it thinks; leave one of the two out"
    if settings.thinking is False and not arguments.can_be_off(card, settings.effort):
        yield _always(card)
    if settings.max_output_tokens > card.output:
        yield f"max_output_tokens: {name} gives up to {card.output}"
    if card.thinking == "budget" and int(settings.thinking or 0) >= card.output:
        yield f"thinking: {name} gives up to {card.output} tokens, the answer counted"


def _always(card: Card) -> str:
    if card.off_effort is None:
        return f"thinking: {card.name} always thinks; leave it out, and choose an effort of low for less of it"
    return f"thinking: {card.name} works without it up to an effort of {card.off_effort}"
