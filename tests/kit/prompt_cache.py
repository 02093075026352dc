"""The prompt cache of the service for tests: what of each request is read from it, written to it, or neither."""

import hashlib
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from walkaway_core.models import catalog

SECONDS = {"5m": 300.0, "1h": 3600.0}


class PromptCache:
    """Counts by the service's rules (Messages API, prompt caching). A token is four characters here.

    A marked prefix is kept, if it is long enough for its model; a later request of that model reads the longest kept
    prefix that ends up to 20 blocks before one of its markers. What is kept lives for 5 minutes or for an hour from the
    start of the request that wrote or read it last.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, float]] = {}

    def read(self, body: dict[str, Any]) -> dict[str, Any]:
        """Give a request's usage, and keep what it marks."""
        now = self._clock()
        blocks = [*body.get("tools", ()), *body["system"], *(b for m in body["messages"] for b in m["content"])]
        lives = {i: SECONDS[block["cache_control"].get("ttl", "5m")] for i, block in marked(blocks).items()}
        plain = [json.dumps({name: v for name, v in block.items() if name != "cache_control"}) for block in blocks]
        sizes = [0, *itertools.accumulate(len(text) // 4 for text in plain)]
        model = str(body.get("model", ""))
        card = catalog.find(model)
        named = [model + plain[0], *plain[1:]]
        names = list(itertools.accumulate(named, lambda name, text: hashlib.sha256((name + text).encode()).hexdigest()))
        near = {i for mark in lives for i in range(max(0, mark - 20), mark + 1)}
        live = {i: self._kept[names[i]][0] for i in near if self._kept.get(names[i], (0.0, 0.0))[1] > now}
        hit = max(live, default=-1)
        for i, life in (lives | {i: life for i, life in live.items() if i == hit or i in lives}).items():
            if sizes[i + 1] >= (card.cacheable if card else 0):
                self._kept[names[i]] = (life, now + life)
        read = sizes[hit + 1]
        hour = max(sizes[max((i for i, life in lives.items() if life == SECONDS["1h"]), default=-1) + 1], read)
        end = max(sizes[max(lives, default=-1) + 1], read)
        return {
            "input_tokens": sizes[-1] - end,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": end - read,
            "cache_creation": {"ephemeral_5m_input_tokens": end - hour, "ephemeral_1h_input_tokens": hour - read},
        }


def marked(blocks: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Give the blocks that carry a marker, by their numbers."""
    return {i: block for i, block in enumerate(blocks) if "cache_control" in block}
