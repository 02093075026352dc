"""What a model call costs, by the dated table in prices.json."""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from walkaway_core.errors import Invalid
from walkaway_core.store.services import Services

MICRO = 1_000_000
FULL = r"(?:^|[./]){}(?:$|[-@:](?:\d{{8}}|v\d|latest))"
"""A model's name, alone or as `bedrock/eu.anthropic.…-20251001-v1:0`; never the beginning of another name."""
TOKENS = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_creation_input_tokens": "cache_write",
    "cache_read_input_tokens": "cache_read",
}
"""Which price counts for which number of the service's usage."""


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(resources.files(__package__).joinpath("prices.json").read_text())
    return found


def known(model: str) -> bool:
    """Whether the table has this model."""
    return _price(model) is not None


def names() -> list[str]:
    """The models that the table has."""
    return list(_table()["models"])


def cost(model: str, usage: Mapping[str, int]) -> int | None:
    """Give the cost of a call in millionths of a US dollar, rounded; None for a model that the table does not have."""
    price = _price(model)
    if price is None:
        return None
    tokens = sum(usage.get(name, 0) * price[kind] for name, kind in TOKENS.items())
    searches: float = usage.get("web_search_requests", 0) * _table()["web_search_requests"] * MICRO / 1000
    return round(tokens + searches)


def _price(model: str) -> dict[str, float] | None:
    prices: dict[str, dict[str, float]] = _table()["models"]
    return next((price for name, price in prices.items() if re.search(FULL.format(re.escape(name)), model)), None)


def check_model(services: Services, named: str, limit: float | None) -> str:
    """Give the model that is meant. Raises Invalid when it cannot be called here, or its cost not be limited."""
    model = named or services.settings.model
    if problem := services.model.knows(model):
        raise Invalid(problem)
    if limit and not known(model):
        raise Invalid(f"A cost limit cannot be kept for {model[:100]!r}: prices.json has no price of it")
    return model
