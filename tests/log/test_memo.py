"""Decoded entries that are kept: as new as what was read, bounded, and changed by nobody who reads them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.agent import compaction, prompt
from walkaway_core.log import memo, transcript
from walkaway_core.log.memo import Memo
from walkaway_core.log.said import Said
from walkaway_core.models import arguments
from walkaway_core.ports.items import Item, Put
from walkaway_core.ports.model import Answer
from walkaway_core.settings import Settings
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_local.stack import LocalStack
from walkaway_local.table import DATABASE, SqliteTable

SESSION = SessionKey("local", "sess_1")
TURN = SESSION.turn("msg_1")
CALL = {"type": "tool_use", "id": "toolu_1", "name": "list_files", "input": {"path": "a"}}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    made = LocalStack(tmp_path, Settings(model="rehearsal"), clock=HeldClock())
    yield made
    made.close()


def say(stack: LocalStack, said: str) -> Item:
    """Write what the user says, and give the item of it."""
    item = transcript.user_entry(stack.services, TURN, Said([text(said)]))
    stack.services.table.write(Put(item))
    return item


def test_what_is_read_again_is_not_decoded_again(stack: LocalStack) -> None:
    say(stack, "go")
    (first,) = transcript.entries(stack.services, SESSION)
    (again,) = transcript.entries(stack.services, SESSION)
    assert again is first


def test_what_another_process_has_changed_is_read_as_it_is_then(stack: LocalStack, tmp_path: Path) -> None:
    item = say(stack, "go")
    (before,) = transcript.entries(stack.services, SESSION)
    stack.close()
    changed = replace(item, body=item.body.replace(b"go", b"no"))
    for other in (changed, replace(changed, facts={**item.facts, "at": 7_000}), item):
        writing = SqliteTable(tmp_path / DATABASE, HeldClock())
        writing.write(Put(other))
        writing.close()
        reading = LocalStack(tmp_path, Settings(model="rehearsal"), clock=HeldClock())
        (read,) = transcript.entries(reading.services, SESSION)
        assert read == transcript.unpack(reading.services, SESSION.tenant, other)
        reading.close()
    assert read is before


def test_a_call_is_seen_when_it_has_its_result(stack: LocalStack) -> None:
    services, place = stack.services, TURN.call(1, 0)
    services.table.write(Put(Item(*place, {"state": "begun", "nonce": "n"})))
    assert [entry.body for entry in transcript.entries(services, SESSION)] == [{}]
    body = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done", "is_error": False}
    services.table.write(Put(transcript.result_entry(services, TURN, place, body, "n")))
    assert [entry.body for entry in transcript.entries(services, SESSION)] == [body]


def test_a_fact_that_is_none_is_not_looked_for(stack: LocalStack) -> None:
    item = say(stack, "go")
    odd = replace(item, facts={**item.facts, "by hand": ["a"]})  # type: ignore[dict-item]  # as SQLite may have it
    stack.services.table.write(Put(odd))
    assert [entry.body["content"] for entry in transcript.entries(stack.services, SESSION)] == [[text("go")]]


def test_tenants_and_sessions_do_not_share_what_they_say_alike() -> None:
    kept = Memo[object]()
    made = [kept.get(Item(pk, "sk", {}, b"the same"), lambda _: object()) for pk in ("a", "b", "a")]
    assert made[0] is made[2] is not made[1]


def test_it_is_bounded_and_keeps_what_is_asked_for() -> None:
    size = memo.OVERHEAD + 2 * 1_000
    kept = Memo[object](most=20 * size)
    asked, made = Item("p", "asked", {}, bytes(1_000)), []
    first = kept.get(asked, lambda _: object())
    for number in range(100):
        made.append(kept.get(Item("p", f"{number}", {}, bytes(1_000)), lambda _: object()))
        assert kept.get(asked, lambda _: object()) is first
        assert len(kept._young) + len(kept._old) <= 22
    again = [kept.get(Item("p", f"{number}", {}, bytes(1_000)), lambda _: object()) for number in range(100)]
    assert again[0] is not made[0]


@pytest.mark.parametrize("window", ["wide", "narrow"])
def test_who_reads_for_the_model_changes_nothing(stack: LocalStack, window: str) -> None:
    services, settings = stack.services, AgentSettings(model="claude-sonnet-5-5")
    long = "word " * (20_000 if window == "narrow" else 5)
    answers = [
        Answer([{"type": "thinking", "thinking": "so", "signature": "s"}, text(long), CALL], "tool_use", {}, {}),
        Answer([text("cut")], "max_tokens", {}, {}),
    ]
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": long, "is_error": False}
    items = [
        transcript.user_entry(services, TURN, Said([text("look"), PICTURE])),
        transcript.answer_entry(services, TURN, 1, answers[0], "n", prefix="p"),
        transcript.result_entry(services, TURN, TURN.call(1, 0), result, "n"),
        transcript.refused_entry(services, TURN, 1, "n", reason="no picture", left=[(f"{TURN.turn}.00000.0", 1)]),
        transcript.answer_entry(services, TURN, 2, answers[1], "n", prefix="p"),
    ]
    services.table.write(*(Put(item) for item in items))
    entries = transcript.entries(services, SESSION)
    for forced in (False, True):
        if cut := compaction.needed(services, entries, SESSION.tenant, settings, forced=forced):
            compaction.request(services, entries, cut, SESSION.tenant, settings)
    for bare in (False, True):
        asked = prompt.prompt(services, entries, SESSION.tenant, settings, bare=bare)
        arguments.arguments(asked.request, theirs=True)
    assert len(entries) == len(items)
    stored = {item.sk: item for item in items}
    assert sorted(entries, key=lambda entry: entry.id) == [
        transcript.unpack(services, SESSION.tenant, stored[sk]) for sk in sorted(stored)
    ]
    assert all(a is b for a, b in zip(transcript.entries(services, SESSION), entries, strict=True))
