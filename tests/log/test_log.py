"""Rule R2: one writer, whose events are there once and in order."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from walkaway_core.engine.ending import cancel
from walkaway_core.errors import CursorInvalid
from walkaway_core.log import log, readers
from walkaway_core.log.deltas import DeltaWriter
from walkaway_core.log.log import Superseded, Writer
from walkaway_core.ports.items import Change, Item, Put
from walkaway_core.store import bodies, keys

FAULTS = ["lost", "after effect"]


class TestOneWriter:
    """R2."""

    def test_a_zombie_stops_at_its_successors_step(self, engine: Engine) -> None:
        turn = engine.turn()
        old, new = Writer(turn.key, 1001, "old"), Writer(turn.key, 1002, "new")
        at = log.append(engine.services, old, 1, [("step.started", {"step": 1, "attempt": 1})])
        log.append(engine.services, new, at, [("step.started", {"step": 1, "attempt": 2})])
        with pytest.raises(Superseded):
            log.append(engine.services, old, at, [("text.delta", {"content": "ghost"})])
        assert engine.kinds(turn) == ["message.created", "step.started", "step.started"]

    def test_tools_of_one_step_interleave_whole_events(self, engine: Engine) -> None:
        turn = engine.turn()
        for name in "abc":
            writer = Writer(turn.key, 1999, name)
            log.append(engine.services, writer, 1, [("tool_use.executing", {"id": name}), ("x", {"id": name})])
        assert [event.data.get("id") for event in engine.events(turn)[1:]] == ["a", "a", "b", "b", "c", "c"]
        assert [event.number for event in engine.events(turn)] == list(range(7))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_append_of_unknown_outcome_is_there_once(self, engine: Engine, fault: str) -> None:
        turn = engine.turn()
        engine.table.at(1, fault)
        number = log.append(engine.services, Writer(turn.key, 1001, "n"), 1, [("a", {}), ("b", {})])
        assert number == 3
        assert engine.kinds(turn) == ["message.created", "a", "b"]

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", range(1, 6))
    def test_deltas_are_in_order_and_there_once_whatever_append_fails(
        self, engine: Engine, fault: str, at: int
    ) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        engine.table.at(at, fault)
        for number in range(40):
            out.push("text.delta", {"content": str(number)})
            if number % 5 == 0:
                out.flush()
        assert out.flush() == 41
        assert [event.data.get("content") for event in engine.events(turn)[1:]] == [str(n) for n in range(40)]
        assert [event.number for event in engine.events(turn)] == list(range(41))

    def test_deltas_stop_when_the_turn_is_cancelled(self, engine: Engine) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        out.push("text.delta", {"content": "a"})
        out.flush()
        cancel(engine.services, turn.key)
        out.push("text.delta", {"content": "b"})
        for _ in range(2):
            with pytest.raises(Superseded):
                out.flush()
        assert engine.kinds(turn) == ["message.created", "text.delta", "message.cancelled"]

    def test_deltas_that_wait_are_put_together_up_to_a_size(self, engine: Engine) -> None:
        turn = engine.turn()
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "n"), 1)
        with out._changed:  # nothing can be sent meanwhile: all of it waits
            out._flying = [("text.delta", {"content": "first"})]
            for number in range(200):
                out.push("text.delta", {"content": f"{number:050}"})
            out._flying = []
            out._send()
        out.flush()
        items = engine.table.query(turn.key.log).items
        assert 3 < len(items) < 12
        assert all(len(item.body) < 8_000 for item in items)
        assert len(engine.events(turn)) == 201


def test_events_of_a_release_that_noted_no_time_show_their_turns_beginning(engine: Engine) -> None:
    turn = engine.turn()
    written = engine.table.query(turn.key.log).items[0]
    assert engine.events(turn)[0].at == engine.clock.now()
    without = {name: value for name, value in written.facts.items() if name != "at"}
    engine.table.write(Put(replace(written, facts=without)))
    made = int(turn.key.turn.removeprefix("msg_")[:12], 16)
    assert engine.events(turn)[0].at == made / 1000


class TestUnreadable:
    """What is gone or damaged of a log is an event that says so, and takes nothing else with it."""

    def test_events_whose_file_is_gone_keep_their_numbers(self, engine: Engine) -> None:
        turn = engine.turn()
        writer = Writer(turn.key, 1001, "n")
        large = "x" * bodies.INLINE_BYTES
        at = log.append(engine.services, writer, 1, [("text.delta", {"content": large}), ("text.stop", {})])
        log.append(engine.services, writer, at, [("step.completed", {})])
        root = bodies.root(turn.key.tenant)
        assert engine.services.workspace.delete(root, f"{turn.key.session}/{turn.key.turn}-1-n")
        shown = [(event.number, event.type) for event in engine.events(turn)]
        unreadable = [(1, "event.unreadable"), (2, "event.unreadable")]
        assert shown == [(0, "message.created"), *unreadable, (3, "step.completed")]
        assert "cannot be read" in engine.events(turn)[1].data["unreadable"]

    @pytest.mark.parametrize("where", ["gone", 7, None, ["a"], "../../walkaway.db"])
    def test_what_says_where_a_body_stands_may_be_damaged(self, engine: Engine, where: Any) -> None:
        turn = engine.turn()
        log.append(engine.services, Writer(turn.key, 1001, "n"), 1, [("text.start", {})])
        engine.services.table.write(Change(turn.key.log, keys.event(1), set={"body_at": where}))
        assert engine.kinds(turn) == ["message.created", "event.unreadable"]

    @pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"{}", b"text.start", b'text.start {"a": 1}\n7'])
    def test_a_damaged_end_is_still_the_end(self, engine: Engine, body: bytes) -> None:
        turn = engine.turn()
        cancel(engine.services, turn.key)
        last = engine.services.table.query(turn.key.log, reverse=True, limit=1).items[0]
        engine.services.table.write(Put(replace(last, body=body)))
        end = engine.events(turn)[-1]
        assert (end.type, end.terminal, end.data["code"]) == ("message.error", True, "unreadable")

    def test_who_appends_goes_on_behind_an_item_that_says_nothing_of_its_writer(self, engine: Engine) -> None:
        turn = engine.turn()
        log.append(engine.services, Writer(turn.key, 1001, "n"), 1, [("text.start", {})])
        engine.services.table.write(Change(turn.key.log, keys.event(1), drop=("nonce", "era")))
        assert log.append(engine.services, Writer(turn.key, 1001, "n"), 1, [("text.stop", {})]) == 3

    @pytest.mark.parametrize("sk", ["0000000000zz", "-1", "0", "000000000x", "zz", "\u0663"])
    def test_an_item_without_a_number_is_passed_over(self, engine: Engine, sk: str) -> None:
        turn = engine.turn()
        engine.table.write(Put(Item(turn.key.log, sk, {}, b"x")))
        at = log.append(engine.services, Writer(turn.key, 1001, "n"), 0, [("a", {}), ("b", {})])
        out = DeltaWriter(engine.services, Writer(turn.key, 1001, "m"), at)
        out.push("c", {})
        assert (at, out.flush(), log.end(engine.services, turn.key).number) == (3, 4, 4)
        assert engine.kinds(turn) == ["message.created", "a", "b", "c"]
        for after, kinds in {-1: ["message.created", "a", "b", "c"], 0: ["a", "b", "c"], 2: ["c"], 3: []}.items():
            place = readers.cursor(engine.services, turn.key, after)
            read = readers.read(engine.services, turn.key, place, timeout=0)
            assert [event.type for event in asyncio.run(read)[0]] == kinds
        with pytest.raises(CursorInvalid):
            readers.cursor(engine.services, turn.key, 4)
        cancel(engine.services, turn.key)
        assert engine.events(turn)[-1].terminal

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_a_page_may_end_within_an_item(self, engine: Engine, limit: int) -> None:
        turn = engine.turn()
        writer = Writer(turn.key, 1001, "n")
        for kinds in ("abc", "d", "efgh"):
            number = log.end(engine.services, turn.key).number
            log.append(engine.services, writer, number, [(kind, {}) for kind in kinds])

        async def read() -> str:
            place, seen, page = readers.cursor(engine.services, turn.key, 0), "", ["?"]
            with engine.table.tail() as tail:
                while page:
                    events, place = await readers.read_on(
                        tail, engine.services, turn.key, place, limit=limit, timeout=0
                    )
                    page = [event.type for event in events]
                    assert len(page) <= limit
                    seen += "".join(page)
            return seen

        assert asyncio.run(read()) == "abcdefgh"

    def test_a_page_full_of_items_without_a_number_is_passed_over(self, engine: Engine) -> None:
        turn = engine.turn()
        strays = [Put(Item(turn.key.log, f"0000000000a{number:04}", {}, b"x")) for number in range(1001)]
        for start in range(0, len(strays), 100):
            engine.table.write(*strays[start : start + 100])
        assert log.append(engine.services, Writer(turn.key, 1001, "n"), 0, [("a", {})]) == 2
