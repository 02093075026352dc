"""Thinking through a long session: it goes back where it belongs and nowhere else, whatever changes meanwhile."""

import itertools
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import of, run
from walkaway_core.agent import agents, held
from walkaway_core.agent.compaction import ASK
from walkaway_core.engine import creating, sending
from walkaway_core.store import sessions
from walkaway_wire.events import Event

MODEL = "claude-sonnet-5-5"
LONG = "tide " * 320
"""400 tokens."""
SPACE = 13_000
"""Tokens that the conversation may have: it is summed up at about every twentieth step."""


class Talk:
    """A session of an agent whose model thinks at each step, and takes so many steps for each message."""

    def __init__(self, engine: Engine, model: MessagesApi, steps: int) -> None:
        engine.compacts_at(SPACE)
        model.cache = PromptCache(engine.services.clock.now)
        model.respond = self._respond
        self._engine, self._model, self._steps = engine, model, steps
        self._numbers = itertools.count(1)
        settings = {"model": MODEL, "instructions": "Be brief.", "max_steps": steps + 1}
        self._agent = agents.create(engine.services, "t", "Writer", values=settings)
        options = held.with_agent(engine.services, sessions.options({}), self._agent, ())
        self.key = creating.create(engine.services, "t", options, {}).key

    def send(self, words: str) -> list[Event]:
        turn = sending.send(self._engine.services, self.key, words).turn
        events = run(self._engine, turn)
        assert events[-1].type == "message.completed", events[-1].data
        return events

    def change(self, **settings: Any) -> None:
        agents.change(self._engine.services, "t", self._agent.id, settings)

    def _respond(self, body: Block) -> Reply:
        thought = {"type": "thinking", "thinking": "Let me see."}
        if ASK in body["messages"][-1]["content"][-1].get("text", ""):
            return Reply([thought, text("They asked for a lot.")], pieces=20_000)
        number = next(self._numbers)
        blocks = [thought, text(f"{number}: {LONG}")]
        if number % self._steps:
            blocks.append(call("list_files", f"toolu_{number}"))
        return Reply(blocks, pieces=20_000)


def signatures(body: Block) -> list[str]:
    """Give the signatures of the thinking that a request sends back."""
    return [b["signature"] for message in body["messages"] for b in message["content"] if b["type"] == "thinking"]


@pytest.mark.parametrize("steps", [10, pytest.param(40, marks=pytest.mark.deep)])
def test_no_request_is_refused_however_often_a_session_is_summed_up_and_changed(
    engine: Engine, model: MessagesApi, steps: int
) -> None:
    talk = Talk(engine, model, steps)
    changes: dict[int, dict[str, Any]] = {
        3: {"instructions": "Be long."},
        5: {"instructions": "Be brief again."},
        7: {"allowed_tools": ("list_files", "read_file")},
    }
    compacted, first = 0, list[Block]()
    for number in range(10):
        if number in changes:
            talk.change(**changes[number])
        before = len(model.requests)
        events = talk.send(f"Question {number}")
        compacted += len(of(events, "turn.compacted"))
        assert of(events, "step.retrying") == []
        first.append(model.requests[before])
    assert compacted >= 3
    assert (model.unbound, len(model.requests)) == ([], 10 * steps + compacted)
    assert [len(signatures(body)) for body in first[:2]] == [0, steps] if steps == 10 else True
    assert [signatures(first[number]) for number in changes] == [[], [], []], "all that was there before is bound"
    assert len(first[7]["tools"]) < len(first[6]["tools"])
    sent_back = [len(signatures(body)) for body in model.requests]
    assert sum(count > 5 for count in sent_back) > len(sent_back) / 3


def test_what_the_service_refuses_for_reasons_of_its_own_is_left_out_for_good(
    engine: Engine, model: MessagesApi
) -> None:
    talk = Talk(engine, model, 4)
    talk.send("Question 1")
    talk.send("Question 2")
    old, check = set(signatures(model.requests[-1])), model.check
    assert len(old) == 7
    model.check = lambda body: (
        "messages.1.content.0: Invalid `signature` in `thinking` block. Who knows why."
        * bool(old & set(signatures(body)))
        or check(body)
    )
    before = len(model.requests)
    events = talk.send("Question 3")
    (told,) = of(events, "step.retrying")
    assert (told["step"], told["attempt"], told["wait"]) == (1, 1, 0)
    assert "Who knows why" in told["error"]
    assert [len(signatures(body)) for body in model.requests[before:]] == [8, 0, 1, 2, 3]
    assert of(talk.send("Question 4"), "step.retrying") == []
    assert [len(signatures(body)) for body in model.requests[before + 5 :]] == [4, 5, 6, 7]
    assert len(model.unbound) == 1
