"""What several parts say of one item becomes one write, or is a mistake."""

import pytest

from tests.kit.engine import Engine
from walkaway_core.ports.items import Absent, Is, Item, Present, Refused
from walkaway_core.store.transaction import Transaction

A, B = ("p", "a"), ("p", "b")


@pytest.fixture
def tx(engine: Engine) -> Transaction:
    engine.table.write(*_put(engine, Item(*A, {"n": 1, "old": 1})))
    return Transaction(engine.table)


def _put(engine: Engine, item: Item) -> Transaction:
    made = Transaction(engine.table)
    made.put(item)
    return made


def test_changes_of_one_item_are_one_write(engine: Engine, tx: Transaction) -> None:
    tx.check(A, Present())
    tx.change(A, Is("n", 1), set={"x": "one"}, add={"n": 1})
    tx.change(A, add={"n": 2, "m": 1}, drop=("old",))
    tx.check(A, Is("old", 1))
    tx.commit()
    assert len(list(tx)) == 1
    assert engine.table.get(A) == [Item(*A, {"n": 4, "x": "one", "m": 1})]


def test_a_refusal_says_whose_condition_did_not_hold(engine: Engine, tx: Transaction) -> None:
    tx.put(Item(*B))
    tx.change(A, set={"x": 1})
    tx.change(A, Is("n", 7))
    with pytest.raises(Refused) as refusal:
        tx.commit()
    assert refusal.value.key == A
    assert engine.table.get(B) == [None]


def test_a_change_of_what_is_put_becomes_part_of_it(engine: Engine, tx: Transaction) -> None:
    tx.put(Item(*B, {"n": 1, "gone": 1}), Absent())
    tx.change(B, Is("n", 1), set={"x": 1}, add={"n": 1}, drop=("gone",))
    tx.commit()
    assert engine.table.get(B) == [Item(*B, {"n": 2, "x": 1})]


def test_what_contradicts_itself_is_a_mistake(tx: Transaction) -> None:
    tx.put(Item(*B, {"n": 1}))
    with pytest.raises(ValueError, match="does not meet"):
        tx.change(B, Is("n", 2))
    with pytest.raises(ValueError, match="already"):
        tx.delete(B)
    tx.change(A, set={"x": 1})
    with pytest.raises(ValueError, match="x is set and dropped"):
        tx.change(A, drop=("x",))
    with pytest.raises(ValueError, match="already"):
        tx.put(Item(*A))
