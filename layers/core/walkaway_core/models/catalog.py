"""What is known of models, by the dated table in catalog.json; docs/models.md is made from it.

Another model goes on as its service takes it: it has no price, and its window is what the settings say.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

Thinking = Literal["always", "between", "on", "adaptive", "both", "budget", "any"]
THINKING: Mapping[Thinking, str] = {
    "always": "thinks, and cannot be told not to",
    "between": "thinks unless told not to; then it still says what it does between calls of tools",
    "on": "thinks unless told not to",
    "adaptive": "thinks when asked, as much as it likes",
    "both": "thinks when asked, as much as it likes or up to so many tokens",
    "budget": "thinks when asked, up to so many tokens",
    "any": "thinks when asked",
}
FULL = r"(?:^|[./]){}(?:$|[-@:](?:\d{{8}}|v\d|latest))"
"""A model's name, alone or as `bedrock/eu.anthropic.…-20251001-v1:0`; never the beginning of another name."""
UNKNOWN_WINDOW = 200_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens."""

    input: float
    output: float
    cache_write: float
    cache_write_1h: float
    cache_read: float


@dataclass(frozen=True, slots=True)
class Card:
    """A model. Tokens, unless said otherwise.

    `above`: from more than so many input tokens on, a call has other prices. `effort` is the default one of `efforts`;
    with one above `off_effort` thinking cannot be off (None: never). `bound`: thinking that is sent back is checked
    against what stands before it. `notes`: what it says between calls of tools comes as thinking. `sampling` and
    `forced_tools`: whether it takes a temperature, and a choice of tools that leaves it none. `images` and `pages`: of
    one request. `compact_at`: where a conversation is best summed up. `server_tools`: which editions of the service's
    own tools it takes. `retires`: not before that day.
    """

    name: str
    services: tuple[str, ...]
    window: int
    output: int
    compact_at: int
    retires: date | None
    prices: Prices
    thinking: Thinking
    off_effort: str | None
    effort: str | None
    efforts: tuple[str, ...]
    bound: bool
    notes: bool
    sampling: bool
    forced_tools: bool
    server_tools: str
    images: int
    pages: int
    cacheable: int
    characters_per_token: float
    above: tuple[int, Prices] | None = None

    @property
    def thinks(self) -> bool:
        """Whether it thinks where nobody says whether it shall."""
        return self.thinking in ("always", "between", "on")


@cache
def table() -> dict[str, Any]:
    """Give the table as it stands in the file."""
    read: dict[str, Any] = json.loads(resources.files(__package__).joinpath("catalog.json").read_text())
    return read


@cache
def cards() -> dict[str, Card]:
    """Give all models that the table has, by their names."""
    return {name: _card(name, row) for name, row in table()["models"].items()}


@lru_cache(maxsize=1000)
def find(model: str) -> Card | None:
    """Give what is known of a model by the name that a session gives; None for one that the table does not have."""
    return next((card for name, card in cards().items() if re.search(FULL.format(re.escape(name)), model)), None)


def window(model: str, setting: int | None) -> int:
    """Give a model's window; for one that is not known, what the settings say."""
    card = find(model)
    return card.window if card else setting or UNKNOWN_WINDOW


def compact_at(model: str, setting: int | None) -> int:
    """Give the tokens from which on a conversation is to be summed up: what the settings say, else what is best."""
    card = find(model)
    return setting or (card.compact_at if card else UNKNOWN_WINDOW)


def most_output(model: str) -> int:
    """Give the tokens that an answer may have where nobody says it, its thinking counted."""
    card = find(model)
    if card is None or "offline" in card.services:
        return 16_000
    return card.output // 2


def _card(name: str, row: Mapping[str, Any]) -> Card:
    above = row.get("above")
    return Card(
        name,
        **{
            **row,
            "services": tuple(row["services"]),
            "efforts": tuple(row["efforts"]),
            "retires": date.fromisoformat(row["retires"]) if row["retires"] else None,
            "prices": Prices(**row["prices"]),
            "above": (above["tokens"], Prices(**above["prices"])) if above else None,
        },
    )
