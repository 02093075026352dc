"""Rows that somebody has written by hand: what is no text in them is salvaged, and hides nothing beside it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.items import Change, Delete, Is, Item, Put, Refused
from walkaway_local.table import DATABASE, SqliteTable
from walkaway_wire import gate

NO_TEXT = "CAST(x'7b22ff' AS TEXT)"
"""In SQL: a text that is no UTF-8."""


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    """A table of another process's items: nothing of them is in memory."""
    writing = SqliteTable(tmp_path / DATABASE, SystemClock())
    writing.write(*(Put(Item("p", sk, {"a": 1}, b"x", expires=2**40)) for sk in "abc"))
    writing.close()
    opened = SqliteTable(tmp_path / DATABASE, SystemClock())
    yield opened
    opened.close()


def damage(folder: Path, change: str) -> None:
    with sqlite3.connect(folder / DATABASE, isolation_level=None) as connection:
        assert connection.execute(f"UPDATE items SET {change} WHERE sk = 'b'").rowcount == 1


@pytest.mark.parametrize("value", [NO_TEXT, "x'ff'", "x'7b7d'", "7", "''"])
def test_facts_that_are_none_are_an_item_all_the_same(table: SqliteTable, tmp_path: Path, value: str) -> None:
    damage(tmp_path, f"facts = {value}")
    for _ in range(2):  # the second time by the connection that has met it
        (item,) = table.get(("p", "b"))
        assert item
        assert (gate.UNREADABLE in item.facts) == (value != "x'7b7d'")
        assert [each.sk for each in table.query("p").items] == ["a", "b", "c"]
    with pytest.raises(Refused):
        table.write(Change("p", "b", set={"a": 2}, when=(Is("a", 1),)))
    table.write(Delete("p", "b"))
    assert [each.sk for each in table.query("p").items] == ["a", "c"]


@pytest.mark.parametrize("value", [NO_TEXT, "x'ff'"])
def test_a_sort_key_that_is_no_text_names_nothing(table: SqliteTable, tmp_path: Path, value: str) -> None:
    damage(tmp_path, f"sk = {value}")
    assert [each.sk for each in table.query("p").items] == ["a", "c"]
    table.write(Put(Item("p", "d", {}, b"")))
    assert [each.sk for each in table.query("p").items] == ["a", "c", "d"]
    while table.sweep_out("p", "\uffff", 2):
        pass
    assert table.sweep_expired(2**41) == 0


@pytest.mark.parametrize("change", [f"body = {NO_TEXT}", f"expires = {NO_TEXT}", "expires = 'x'", "body = 7"])
def test_other_columns(table: SqliteTable, tmp_path: Path, change: str) -> None:
    damage(tmp_path, change)
    assert [each.sk for each in table.query("p").items] == ["a", "b", "c"]
    assert table.get(("p", "b"))[0]
