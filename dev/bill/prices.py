"""The dated list of prices: those of us-east-1 on arm64, without free tiers; and what managed services ask for."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_name("prices.json")


@cache
def table() -> dict[str, Any]:
    """Everything that the list says: prices by unit, their sources, and other services."""
    found: dict[str, Any] = json.loads(PLACE.read_text())
    return found


def dollars(unit: str, number: float) -> float:
    """What so many of a unit cost. Raises KeyError for a unit that has no price."""
    price = table()["prices"][unit]
    return float(number * price["dollars"] / price["for"])


def total(used: Mapping[str, float]) -> float:
    """What all of this costs."""
    return sum(dollars(unit, number) for unit, number in used.items())
