"""Whether a model takes what a session asks of it: said when it is asked, and not by the service in the middle."""

from collections.abc import Iterator

from walkaway_core.agent import tools
from walkaway_core.agent.settings import called
from walkaway_core.errors import Invalid
from walkaway_core.models import arguments, catalog
from walkaway_core.models.aliases import ModelNotFound
from walkaway_core.models.catalog import Card
from walkaway_core.settings import BEDROCK
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services


def check(services: Services, settings: AgentSettings) -> None:
    """Raise ModelNotFound when the model cannot be called here, Invalid when its cost cannot be limited, or it refuses.

    A model that the table does not have gets what is asked.
    """
    model = called(services, settings)
    if problem := services.model.knows(model):
        raise ModelNotFound(problem)
    if both := [name for name in tools.wanted(settings) if name in settings.tools]:
        raise Invalid(
            f"tools: {both[0]!r} is a tool of the server's, which the agent has; call yours something else, or leave "
            "that one out"
        )
    card = catalog.find(model)
    if isinstance(settings.tool_choice, dict) and settings.tool_choice["name"] not in tools.named(services, settings):
        name = str(settings.tool_choice["name"])[:100]
        raise Invalid(f"tool_choice: the agent has no tool {name!r}; name one that it has")
    if card is None and (settings.max_cost_usd or settings.max_turn_cost_usd):
        raise Invalid(f"A cost limit cannot be kept for {model[:100]!r}: docs/models.md has no price of it")
    if problem := next(_problems(settings, model, card), None):
        raise Invalid(problem)


def _problems(settings: AgentSettings, model: str, card: Card | None) -> Iterator[str]:
    """Say what the model refuses, each beginning with the field's name."""
    if model.startswith(BEDROCK) and (named := tools.served(settings)):
        yield f"allowed_tools: {named[0]} is a tool of Claude's own API, which Bedrock does not have"
    if settings.output_format and not arguments.takes_formats(model):
        yield "output_format: Bedrock's Messages API has none; name a profile (us.anthropic…), or leave it out"
    if card is None:
        return
    name = card.name
    if settings.effort and settings.effort not in card.efforts:
        takes = f"takes {', '.join(card.efforts)}" if card.efforts else "takes none; leave it out"
        yield f"effort: {name} does not know {settings.effort!r}; it {takes}"
    yield from _of_sampling(settings, card)
    yield from _of_tools(settings, card)
    if settings.thinking is False and not arguments.can_be_off(card, settings.effort):
        yield _always(card)
    if settings.max_output_tokens > card.output:
        yield f"max_output_tokens: {name} gives up to {card.output}"
    if card.thinking == "budget" and int(settings.thinking or 0) >= card.output:
        yield f"thinking: {name} gives up to {card.output} tokens, the answer counted"


def _of_sampling(settings: AgentSettings, card: Card) -> Iterator[str]:
    for field, value in (("temperature", settings.temperature), ("top_p", settings.top_p)):
        if value is not None and not card.sampling:
            yield f"{field}: {card.name} takes none; leave it out"
        if value is not None and settings.thinking:
            yield f"{field}: {card.name} takes none while it thinks; leave one of the two out"
    if settings.temperature is not None and settings.top_p is not None:
        yield f"top_p: {card.name} takes none beside a temperature; leave one of the two out"


def _of_tools(settings: AgentSettings, card: Card) -> Iterator[str]:
    if settings.forces and not card.forced_tools:
        yield f"tool_choice: {card.name} cannot be made to call a tool; say auto or none"
    if settings.forces and not arguments.can_be_forced(card, settings.effort):
        yield f"tool_choice: {card.name} can be made to call a tool up to an effort of {card.off_effort}"


def _always(card: Card) -> str:
    if card.off_effort is None:
        return f"thinking: {card.name} always thinks; leave it out, and choose an effort of low for less of it"
    return f"thinking: {card.name} works without it up to an effort of {card.off_effort}"
