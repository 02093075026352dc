"""The settings of one step: those of its turn, but for what holds for its first answer alone, and what it has left."""

from dataclasses import replace

from walkaway_core.models import arguments, catalog
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.turns import Turn

LEAST_THINKING = 1024
"""Tokens: a budget is not smaller (Messages API, thinking)."""


def of_step(settings: AgentSettings, turn: Turn, step: int) -> AgentSettings:
    """Give the settings with which the model is called for a step of a turn, counted from 1."""
    return _fitting(_forced(settings, step), turn)


def tokens_left(settings: AgentSettings, turn: Turn) -> int | None:
    """Count the tokens that a turn's answers may still have; None where nobody says how many."""
    most = settings.max_turn_output_tokens
    return None if most is None else most - turn.usage["output_tokens"]


def _forced(settings: AgentSettings, step: int) -> AgentSettings:
    """Force a call in the first step alone, or no turn with tools could end.

    It comes without thinking, since no model takes both (Messages API, tool_choice).
    """
    if not settings.forces:
        return settings
    card = catalog.find(settings.model)
    takes = card is None or arguments.can_be_forced(card, settings.effort)
    return replace(settings, thinking=False) if step == 1 and takes else replace(settings, tool_choice=None)


def _fitting(settings: AgentSettings, turn: Turn) -> AgentSettings:
    """Let an answer and its thinking have no more together than the turn has left."""
    left = tokens_left(settings, turn)
    if left is None:
        return settings
    most = settings.max_output_tokens or catalog.most_output(settings.model)
    budget = _budget(settings)
    if most + budget <= left:
        return settings
    if not budget:
        return replace(settings, max_output_tokens=left)
    thinks = min(budget, left // 2)
    if thinks < LEAST_THINKING:
        return replace(settings, max_output_tokens=left, thinking=False)
    return replace(settings, max_output_tokens=min(most, left - thinks), thinking=thinks)


def _budget(settings: AgentSettings) -> int:
    """Count the tokens of thinking that come on top of an answer's own."""
    if settings.thinking is True:
        card = catalog.find(settings.model)
        return arguments.BUDGET if card and card.thinking == "budget" else 0
    return int(settings.thinking or 0)
