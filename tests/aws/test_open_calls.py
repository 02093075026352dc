"""Turns that end with calls, on both shapes: the states that there are carry them, and nothing is left behind."""

from collections.abc import Iterator

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, time_call
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.shapes import MODEL, Shape, until
from walkaway_core.engine import open_calls, sending
from walkaway_core.engine.open_calls import Answer, Approval
from walkaway_core.store import turns
from walkaway_core.store.keys import SessionKey


@pytest.fixture
def client(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found


@pytest.mark.parametrize("inline", [True, False])
def test_a_turn_ends_with_calls_and_the_next_one_brings_what_came(
    client: httpx.Client, shape: Shape, model: MessagesApi, *, inline: bool
) -> None:
    about = {"tools": [TIME], "approve": ["write_file"], "inline_tools": inline}
    key = SessionKey("alpha", sse.new(client, model=MODEL, persistent=True, **about))
    url = f"/v1/sessions/{key.session}"
    calls = (
        time_call(),
        call("write_file", "toolu_w", path="a.md", content="x"),
        call("list_files", "toolu_l", path="none"),
    )
    model.replies = [Reply(list(calls))]
    first = sending.send(shape.services, key, "go", ends_with_calls=True).turn.key
    until(lambda: not client.get(url).json()["busy"], shape)
    record = client.get(f"{url}/responses/{first.turn}").json()
    assert (record["status"], record["pending_tool_calls"], record["steps"]) == ("completed", [], 1)
    assert key.session not in {each["id"] for each in client.get("/v1/sessions?waiting=true").json()}
    ended = turns.load(shape.services, first)
    assert ended
    assert [each.id for each in open_calls.open_calls(shape.services, ended)] == ["toolu_time", "toolu_w"]
    model.replies = [Reply([text("Done.")])]
    answers: list[Answer | Approval] = [Approval("toolu_w", approve=True), Answer("toolu_time", "noon")]
    second = sending.send(shape.services, key, "", ends_with_calls=True, answers=answers).turn.key
    until(lambda: not client.get(url).json()["busy"], shape)
    record = client.get(f"{url}/responses/{second.turn}").json()
    assert (record["status"], record["output_text"]) == ("completed", "Done.")
    assert [(file["path"], file["call_id"]) for file in record["files"]] == [("a.md", "toolu_w")]
    told = [block["content"] for block in model.requests[-1]["messages"][-1]["content"]]
    assert told == ["noon", "Wrote 1 bytes to a.md", "There is no directory 'none' in the workspace"]
