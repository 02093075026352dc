"""Measures the prompt cache: what share of a long turn's input is read from it, and what that saves."""

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.kit.engine import Engine, by_hand
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import run
from walkaway_core.agent.compaction import ASK
from walkaway_core.engine import sending
from walkaway_core.models import catalog

MODEL = "claude-sonnet-5-5"
STEPS, SUMMARIES = 100, 2
LONG = "tide " * 3_200
"""4,000 tokens, which each step adds: at the 200,000 of the model's card a conversation is summed up."""
SECONDS = 20.0
"""Between the starts of two steps."""
AIM = 0.85


def requests(engine: Engine, model: MessagesApi) -> list[dict[str, Any]]:
    """Run a turn by the rules that hold where nobody sets any; give its requests."""
    engine.services = replace(engine.services, settings=replace(engine.services.settings, context_tokens=None))
    numbers = itertools.count(1)

    def respond(body: dict[str, Any]) -> Reply:
        engine.clock.time += SECONDS
        thought = {"type": "thinking", "thinking": ""}
        if ASK in body["messages"][-1]["content"][-1].get("text", ""):
            return Reply([thought, text(LONG)], pieces=100_000)
        number = next(numbers)
        calls = [call("list_files", f"toolu_{number}")] if number < STEPS else []
        return Reply([thought, text(f"{number}: {LONG}"), *calls], pieces=100_000)

    model.respond, model.cache = respond, PromptCache(engine.clock.now)
    turn = sending.send(engine.services, engine.session(model=MODEL), "Write a long report").turn
    events = run(engine, turn)
    assert events[-1].type == "message.completed"
    assert [event.type for event in events].count("turn.compacted") == SUMMARIES
    assert (model.problems, model.unbound) == ([], [])
    return model.requests


def share(requests: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Send requests past a fresh cache; give the share of their input that is read, and dollars for all of it."""
    card = catalog.find(MODEL)
    assert card
    times = itertools.count(0.0, SECONDS)
    cache = PromptCache(lambda: next(times))
    read, total, dollars = 0, 0, 0.0
    for usage in map(cache.read, requests):
        split = usage["cache_creation"]
        read += usage["cache_read_input_tokens"]
        total += sum(usage[f"{kind}input_tokens"] for kind in ("", "cache_read_", "cache_creation_"))
        dollars += usage["input_tokens"] * card.prices.input + usage["cache_read_input_tokens"] * card.prices.cache_read
        dollars += split["ephemeral_5m_input_tokens"] * card.prices.cache_write
        dollars += split["ephemeral_1h_input_tokens"] * card.prices.cache_write_1h
    return read / total, dollars / 1_000_000


def unmarked(value: Any) -> Any:
    """Leave out the markers."""
    if isinstance(value, dict):
        return {name: unmarked(inner) for name, inner in value.items() if name != "cache_control"}
    return [unmarked(inner) for inner in value] if isinstance(value, list) else value


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, messages_api() as model, by_hand(Path(folder), model.url) as engine:
        sent = requests(engine, model)
    (ours, cost), (theirs, full) = share(sent), share(unmarked(sent))
    print(f"{STEPS} steps, {SUMMARIES} summaries: {ours:.1%} of the input is read from the cache", end=" ")
    print(f"(aim ≥ {AIM:.0%}), {theirs:.1%} without markers; ${cost:.2f} for it beside ${full:.2f}")


if __name__ == "__main__":
    main()
