"""What a model call costs, by the table of models (models/catalog.json)."""

import re
from collections.abc import Mapping

from walkaway_core.models import catalog
from walkaway_core.models.catalog import Prices

MICRO = 1_000_000
INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
OF_A_PLACE = re.compile(r"^bedrock/(?:us|eu|jp|au|apac)\.")
SURCHARGE = 1.1
"""For inference profiles of one part of the world (Claude pricing, Bedrock), from the models of 4.5 on: all here."""
UNBILLED = ("cyber", "general_harms", "")
"""Refusals before any output cost nothing, but for other categories (Messages API, refusals and fallback)."""


def cost(model: str, usage: Mapping[str, int]) -> int | None:
    """Give the cost of a call in millionths of a US dollar, rounded; None for a model that the table does not have.

    `usage`: in the words of the Messages API; `cache_creation_1h_input_tokens` are those of the
    `cache_creation_input_tokens` that are kept for an hour.
    """
    card = catalog.find(model)
    if card is None:
        return None
    prices = card.prices
    if card.above and sum(usage.get(name, 0) for name in INPUT) > card.above[0]:
        prices = card.above[1]
    factor = SURCHARGE if OF_A_PLACE.match(model) else 1
    searches: float = usage.get("web_search_requests", 0) * catalog.table()["web_search_requests"] * MICRO / 1000
    return round(_tokens(prices, usage) * factor + searches)


def is_billed(stop_reason: str, usage: Mapping[str, int], category: str) -> bool:
    """Whether the service takes money for an answer."""
    return not (stop_reason == "refusal" and not usage.get("output_tokens") and category in UNBILLED)


def _tokens(prices: Prices, usage: Mapping[str, int]) -> float:
    for_an_hour = usage.get("cache_creation_1h_input_tokens", 0)
    return (
        usage.get("input_tokens", 0) * prices.input
        + usage.get("output_tokens", 0) * prices.output
        + (usage.get("cache_creation_input_tokens", 0) - for_an_hour) * prices.cache_write
        + for_an_hour * prices.cache_write_1h
        + usage.get("cache_read_input_tokens", 0) * prices.cache_read
    )
