"""What a turn has done to files: told before each result, and kept as it stands last."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import begun, of, run
from walkaway_core.agent.tools import TOOLS
from walkaway_core.agent.tools.files import WriteFile
from walkaway_core.agent.tools.tool import ToolContext, ToolError
from walkaway_core.dialects.native import records
from walkaway_core.engine.ending import cancel
from walkaway_core.log import log
from walkaway_core.ports.items import Item
from walkaway_core.store import changes
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import Event

DONE = Reply([text("done")])


def written(path: str, size: int, call_id: str) -> dict[str, Any]:
    return {"path": path, "op": "written", "size": size, "version": "v", "call_id": call_id}


def shown(engine: Engine, turn: Turn) -> list[dict[str, Any]]:
    record = records.responses(engine.services, [engine.now(turn)])[0]
    return versioned(engine, [file.model_dump() for file in record.files])


def told(engine: Engine, events: list[Event]) -> list[dict[str, Any]]:
    return versioned(engine, of(events, "file.changed"))


def versioned(engine: Engine, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write `v` for each version, once it has been seen that it is the file's if nobody has changed it since."""
    last = {file["path"]: file for file in files}
    for file in filter(lambda file: file["op"] == "written", last.values()):
        info = engine.services.workspace.stat("t/files", file["path"])
        assert info is not None
        assert file["version"] == info.version
    return [{**file, "version": file["version"] and "v"} for file in files]


def keep(engine: Engine, turn: Turn, place: tuple[int, int], *files: dict[str, Any]) -> None:
    tx = Transaction(engine.services.table)
    changes.of_call(engine.services, tx, turn.key, place, f"nonce-{place}", files)
    tx.commit()


def test_each_file_is_told_before_its_result_and_stands_in_the_end_and_the_record(
    engine: Engine, model: MessagesApi
) -> None:
    model.replies = [
        Reply([call("write_file", "c1", path="a.txt", content="one"), call("read_file", "c2", path="a.txt")]),
        Reply([call("edit_file", "c3", path="a.txt", old_text="one", new_text="three")]),
        Reply([call("write_file", "c4", path="b.txt", content="")]),
        DONE,
    ]
    turn = engine.turn()
    events = run(engine, turn)
    kinds = [event.type for event in events if event.type in ("file.changed", "tool_result")]
    assert kinds == ["file.changed", *["tool_result"] * 2, *["file.changed", "tool_result"] * 2]
    assert told(engine, events) == [
        written("a.txt", 3, "c1"),
        written("a.txt", 5, "c3"),
        written("b.txt", 0, "c4"),
    ]
    left = [written("a.txt", 5, "c3"), written("b.txt", 0, "c4")]
    assert versioned(engine, events[-1].data["files"]) == left
    assert shown(engine, turn) == left


def test_a_turn_that_runs_shows_them_until_now_and_one_that_is_cancelled_as_it_left_them(
    engine: Engine, model: MessagesApi
) -> None:
    model.replies = [
        Reply([call("write_file", "c1", path="a.txt", content="one"), call("search_files", "c2", pattern="x")])
    ]
    turn = engine.turn()
    assert shown(engine, turn) == []
    assert engine.door("CallModel", begun(turn))["next"] == "tool"
    assert shown(engine, turn) == [written("a.txt", 3, "c1")]
    cancel(engine.services, turn.key)
    assert shown(engine, turn) == [written("a.txt", 3, "c1")]


def test_a_turn_without_any_says_so_and_costs_no_look(
    engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.replies = [DONE]
    turn = engine.turn()
    monkeypatch.delattr(changes, "so_far")
    assert run(engine, turn)[-1].data["files"] == []
    assert shown(engine, turn) == []
    assert "files" not in engine.now(turn).facts


def test_what_a_call_that_fails_has_changed_is_told(
    engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(self: WriteFile, context: ToolContext) -> str:
        context.write(self.path, b"half")
        raise ToolError("the other half is missing")

    monkeypatch.setattr(TOOLS["write_file"], "run", half)
    model.replies = [Reply([call("write_file", "c1", path="a.txt", content="one")]), DONE]
    turn = engine.turn()
    events = run(engine, turn)
    assert of(events, "tool_result")[0]["is_error"] is True
    assert shown(engine, turn) == [written("a.txt", 4, "c1")]


def test_of_a_file_that_a_call_changes_twice_the_last_is_told(
    engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(self: WriteFile, context: ToolContext) -> str:
        context.write("kept.txt", b"1")
        context.write(self.path, b"1")
        context.write("kept.txt", b"22")
        context.delete(self.path, None)
        context.delete("never.txt", None)
        return "done"

    monkeypatch.setattr(TOOLS["write_file"], "run", twice)
    model.replies = [Reply([call("write_file", "c1", path="a.txt", content="")]), DONE]
    gone = {"path": "a.txt", "op": "deleted", "size": None, "version": None, "call_id": "c1"}
    assert told(engine, run(engine, engine.turn())) == [written("kept.txt", 2, "c1"), gone]


def test_the_last_of_each_file_counts_and_the_last_thousand_are_named(engine: Engine) -> None:
    turn = engine.turn()
    many = [written(f"{number}.txt", number, "c1") for number in range(changes.MOST)]
    keep(engine, turn, (1, 0), *many)
    keep(engine, turn, (1, 1), {"path": "0.txt", "op": "deleted", "size": None, "version": None, "call_id": "c2"})
    keep(engine, turn, (2, 0), written("new.txt", 1, "c3"))
    found = changes.so_far(engine.services, turn.key)
    assert len(found) == changes.MOST
    assert found[0] == many[2]
    assert [file["path"] for file in found[-2:]] == ["0.txt", "new.txt"]
    assert found[-2]["op"] == "deleted"


def test_another_turn_whose_name_begins_alike_has_its_own(engine: Engine) -> None:
    turn = engine.turn()
    longer = replace(turn, key=turn.key.owner.turn(f"{turn.key.turn}0"))
    keep(engine, turn, (1, 0), written("a.txt", 1, "c1"))
    keep(engine, longer, (1, 0), written("b.txt", 1, "c1"))
    assert changes.so_far(engine.services, turn.key) == [written("a.txt", 1, "c1")]


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"path": "a"}]', b"\xff"])
def test_what_is_damaged_is_left_out(engine: Engine, body: bytes) -> None:
    turn = engine.turn()
    tx = Transaction(engine.services.table)
    tx.put(Item(*turn.key.changed(1, 0), {"at": 1}, body))
    tx.put(Item(*turn.key.changed(1, 1), {"at": 1, "body_at": "gone"}))
    tx.commit()
    keep(engine, turn, (2, 0), written("a.txt", 1, "c1"))
    assert changes.so_far(engine.services, turn.key) == [written("a.txt", 1, "c1")]


def test_a_list_too_large_for_an_item_stands_in_the_workspace_and_goes_with_its_session(engine: Engine) -> None:
    turn = engine.turn()
    files = [written(f"{'d' * 200}/{number}.txt", 1, "c1") for number in range(1000)]
    keep(engine, turn, (1, 0), *files)
    stored = engine.services.table.get(turn.key.changed(1, 0))[0]
    assert stored is not None
    assert stored.body == b""
    assert stored.text("body_at").startswith(f"{turn.key.session}/")
    assert changes.so_far(engine.services, turn.key) == files


def test_events_of_an_item_nobody_can_read_keep_their_numbers(engine: Engine) -> None:
    turn = engine.turn()
    files = [("file.changed", written(f"{number}.txt", 1, "c1")) for number in range(2000)]
    at = log.end(engine.services, turn.key).number
    item = log.item(engine.services, log.Writer(turn.key, 1, "nonce"), at, files)
    broken = Item(item.pk, item.sk, item.facts, b"\xff")
    assert [event.number for event in log.events(engine.services, turn.key, [broken])] == list(range(at, at + 2000))
