"""Conversations that are put together from what was settled: as from the beginning, bounded, changed by nobody."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.messages_api import call, text
from tests.log.test_conversation import THOUGHT, answer, refused, result, summary, thinks, user
from walkaway_core.log import conversation as put_together
from walkaway_core.log.conversation import Conversation, View, conversation
from walkaway_core.log.settled import FEW, OVERHEAD, Memory
from walkaway_core.log.transcript import Entry

VIEWS = [View(), View("p"), View("p", bare=True), View("p", longest=400)]


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    made = Memory()
    monkeypatch.setattr(put_together, "_MEMORY", made)
    return made


def talk(turns: int, first: int) -> list[Entry]:
    """A talk in which each answer has a thought and a call."""
    said = []
    for turn in range(first, first + turns):
        asks = answer(turn, 1, THOUGHT, text("so"), call("read", f"toolu_{turn}"), stop="tool_use", prefix="p")
        said += [
            user(turn, f"{turn} " * 50),
            asks,
            result(turn, 1, 0, "long " * 100, f"toolu_{turn}"),
            thinks(turn, step=2),
        ]
    return said


def anew(entries: Sequence[Entry], view: View, monkeypatch: pytest.MonkeyPatch) -> Conversation:
    with monkeypatch.context() as without:
        without.setattr(put_together, "_MEMORY", Memory(most=0))
        return conversation(entries, view)


OLD = talk(8, 11)
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
SHOWN = Entry("msg_19", "msg_19", 0, "0", None, 0.0, {"role": "user", "content": [text("look"), PICTURE]})
BROUGHT = {"type": "tool_result", "tool_use_id": "toolu_a", "content": "came late", "is_error": False}
WAYS: dict[str, list[Entry]] = {
    "it goes on": talk(3, 19),
    "the service refuses a block": [SHOWN, refused(19, 1, (SHOWN, 1)), user(20), thinks(20), user(21)],
    "it refuses an old block": [user(19), thinks(19), refused(19, 2, (OLD[0], 0)), user(20), thinks(20), user(21)],
    "what is old is summed up": [user(19), summary(19, 1, OLD[20]), thinks(19), user(20), thinks(20), user(21)],
    "other instructions": [user(19), thinks(19, "q"), user(20), thinks(20), user(21), thinks(21), user(22)],
    "thinking was left out": [user(19), thinks(19, bare=True), user(20), thinks(20), user(21)],
    "answers are cut off": [user(19), answer(19, 1, text("a"), stop="max_tokens"), answer(19, 2, text("b")), user(20)],
    "an answer pauses": [user(19), answer(19, 1, text("a"), stop="pause_turn"), answer(19, 2, text("b")), user(20)],
    "nothing is said": [user(19), answer(19, 1), answer(19, 2, THOUGHT), user(20), answer(20, 1, THOUGHT), user(21)],
    "an answer is a refusal": [user(19), answer(19, 1, text("no"), stop="refusal"), user(20), thinks(20), user(21)],
    "results come in the next turn": [
        *(user(19), answer(19, 1, call("ask", "toolu_a"), call("ask", "toolu_b"), stop="tool_use", prefix="p")),
        replace(user(20), body={"role": "user", "content": [BROUGHT, text("and go on")]}),
        *(thinks(20), user(21), thinks(21), user(22)),
    ],
}


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_it_is_as_if_it_were_put_together_from_the_beginning(
    way: str, view: View, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [*OLD, *WAYS[way]]
    stored = copy.deepcopy(entries)
    taken = 0
    for end in range(1, len(entries) + 1):
        before = list(memory._kept.values())
        assert conversation(entries[:end], view) == anew(entries[:end], view, monkeypatch)
        taken += any(kept not in memory._kept.values() for kept in before)
    assert taken >= len(WAYS[way]) / 3, "what is settled is hardly used"
    assert entries == stored


@pytest.mark.parametrize("place", [2, 20, 29, 30, 31, 32])
@pytest.mark.parametrize("what", ["taken away", "other", "more"])
def test_what_was_changed_is_seen(place: int, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [*OLD, user(19)]
    conversation(entries)
    changed = replace(entries[place], body={**entries[place].body, "content": [text("changed")]})
    more = result(18, 1, 1, "more")
    puts: dict[str, list[Entry]] = {"taken away": [], "other": [changed], "more": [more, entries[place]]}
    later = [*entries[:place], *puts[what], *entries[place + 1 :], answer(19, 1, text("yes")), user(20)]
    assert conversation(later) == anew(later, View(), monkeypatch)


def test_another_view_is_another_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    for view in (*VIEWS, *reversed(VIEWS)):
        assert conversation(OLD, view) == anew(OLD, view, monkeypatch)


def test_what_is_settled_is_not_put_together_again() -> None:
    first = conversation(OLD)
    again = conversation([*OLD, user(19)])
    alike = [one is other for one, other in zip(first.messages, again.messages, strict=False)]
    assert alike == [True] * (len(first.messages) - 2) + [False] * 2, "whoever was given the last one may change it"


def test_whoever_adds_to_it_changes_nothing_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for end in (len(OLD) - 1, len(OLD)):
        given = conversation(OLD[:end])
        given.messages[-1]["content"].append(text("mine"))
        given.places[-1].append(None)
        later = [*OLD, user(19)]
        assert conversation(later) == anew(later, View(), monkeypatch)


def test_it_is_bounded_and_keeps_what_was_used_last(memory: Memory) -> None:
    def sized(number: int) -> list[Entry]:
        return [replace(entry, turn=f"{number}", order=f"{number}", size=1_000) for entry in OLD]

    few: Any = len(OLD) * (OVERHEAD + 2_000)
    memory._most = 5 * few
    kept: list[dict[str, Any]] = [conversation(sized(0)).messages[0]]
    for number in range(1, 20):
        conversation(sized(number))
        assert conversation(sized(0)).messages[0] is kept[0]
        assert 0 < memory._bytes <= memory._most
        assert memory._bytes == sum(size for _, size in memory._kept.values())
    assert len(memory._kept) == 5
    conversation(OLD[: FEW // 2])
    assert len(memory._kept) == 5, "what is short is put together anew"


def test_what_no_longer_stands_behind_it_has_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    conversation([*OLD, user(19), refused(19, 1, (OLD[0], 0))])
    later = [*OLD, user(19), user(20)]
    assert conversation(later) == anew(later, View(), monkeypatch)


def test_two_who_take_it_at_once_do_not_share_it(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    class Contended:
        def __enter__(self) -> None:
            memory._kept.clear()  # somebody else was faster

        def __exit__(self, *_: object) -> None:
            pass

    conversation(OLD)
    monkeypatch.setattr(memory, "_lock", Contended())
    assert memory.take(OLD, View()) is None
