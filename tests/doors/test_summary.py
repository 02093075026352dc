"""A summary stands for a conversation only when it is one: never empty, never half, never a refusal."""

from typing import Any

import pytest

from tests.kit.engine import WINDOW, Engine
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import of, run
from walkaway_core.engine import sending
from walkaway_core.log import transcript
from walkaway_core.store.turns import Turn

LONG = "tide " * 2_450
FULL = 7
"""So many exchanges fill the room of the tests' model."""


def is_summing_up(request: dict[str, Any]) -> bool:
    return "do not call a tool" in str(request["messages"][-1]["content"][-1])


@pytest.fixture
def last(engine: Engine, model: MessagesApi) -> Turn:
    """A turn of a session whose conversation has to be summed up first."""
    key, model.cache = engine.session(), PromptCache()
    for number in range(FULL):
        model.replies = [Reply([text(f"{number}: {LONG}")], pieces=20_000)]
        run(engine, sending.send(engine.services, key, f"Question {number}").turn)
    return sending.send(engine.services, key, "Question 7").turn


def script(model: MessagesApi, *summaries: Reply) -> list[dict[str, Any]]:
    """Let the model sum up with these, the last one again and again; give the list of those requests."""
    left, asked = list(summaries), []

    def respond(request: dict[str, Any]) -> Reply:
        if not is_summing_up(request):
            return Reply([text("answer")])
        asked.append(request)
        return left.pop(0) if len(left) > 1 else left[0]

    model.respond = respond
    return asked


BAD = {
    "empty": Reply([]),
    "blank": Reply([text(" \n")]),
    "cut": Reply([text("They asked")], stop_reason="max_tokens"),
    "a call": Reply([{"type": "tool_use", "id": "toolu_1", "name": "list_files", "input": {}}]),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_is_none_is_asked_for_again(engine: Engine, model: MessagesApi, last: Turn, bad: Reply) -> None:
    asked = script(model, bad, Reply([text("They asked seven questions.")]))
    events = run(engine, last)
    assert of(events, "turn.compacted") == [{"step": 1, "summary": "They asked seven questions."}]
    assert len(asked) == 2
    assert events[-1].data["usage"]["output_tokens"] == 15, "what was of no use has been paid for, too"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [(BAD["empty"], "is empty"), (BAD["cut"], "was not finished"), (Reply([], stop_reason="refusal"), "declined to")],
    ids=["empty", "cut", "refused"],
)
def test_without_one_the_turn_fails_and_the_conversation_stays(
    engine: Engine, model: MessagesApi, last: Turn, bad: Reply, sentence: str
) -> None:
    script(model, bad)
    events = run(engine, last)
    assert events[-1].type == "message.error"
    assert sentence in events[-1].data["error"]
    assert of(events, "turn.compacted") == []
    entries = transcript.entries(engine.services, last.key.owner)
    assert len(entries) == 2 * FULL + 1, "nothing stands for what was said"
    asked = script(model, Reply([text("They asked seven questions.")]))
    assert run(engine, sending.send(engine.services, last.key.owner, "And now?").turn)[-1].type == "message.completed"
    assert len(asked) == 1


def test_it_is_asked_for_as_the_session_thinks_and_with_its_tools(
    engine: Engine, model: MessagesApi, last: Turn
) -> None:
    asked = script(model, Reply([text("in short")]))
    run(engine, last)
    before = model.requests[-3]
    assert asked[0]["tools"] == before["tools"]
    assert asked[0].get("thinking") == before.get("thinking")
    assert asked[0]["max_tokens"] == WINDOW // 4, "20,000, or a quarter of a small window"
    assert "tool_choice" not in asked[0]
