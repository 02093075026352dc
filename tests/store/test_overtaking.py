"""Repetitions that come while their original is carried out: in no order is anything made twice, on both tables."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.kit.faulty import Crashed
from tests.kit.stepped import Stepped
from tests.store.test_repetitions import asked, begin, services
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import idempotency
from walkaway_core.store.overtaking import COUNTS, MOST, PLACES, Overtaken
from walkaway_core.store.repetitions import KEPT, Repetition
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

__all__ = ["services"]
Op = tuple[str, int, int]
"""Send, step or crash; whose request, and its count."""


class Callers:
    """Clients that ask for the same, and send again whenever they like; what was made by whom is noted."""

    def __init__(self, services: Services, tenant: str, callers: int, counts: int) -> None:
        self.services, self.tenant, self.counts = services, tenant, counts
        self.sent = [0] * callers
        self.running: dict[tuple[int, int], Stepped] = {}
        self.came: dict[tuple[int, int], object] = {}
        self.made: list[tuple[int, int, str]] = []

    def options(self, *, crashes: bool = False) -> list[Op]:
        """What can happen next. Who has an answer to what it sent last sends nothing more."""
        kinds = ("step", "crash") if crashes else ("step",)
        steps = [(kind, *each) for each in self.running for kind in kinds]
        return [*steps, *(("send", who, count) for who, count in enumerate(self.sent) if self._sends(who, count))]

    def do(self, op: Op) -> None:
        kind, who, count = op
        self.services.clock.sleep(0.001)
        if kind == "send":
            self.sent[who] += 1
            sent = asked(self.services, count, tenant=self.tenant)
            self.running[who, count] = Stepped(self.services.table, lambda table: self._carry_out(table, who, sent))
        else:
            self.running[who, count].step(dies=kind == "crash")
        if self.running[who, count].over:
            self.came[who, count] = self.running.pop((who, count)).came

    def _sends(self, who: int, count: int) -> bool:
        return count < self.counts and not isinstance(self.came.get((who, count - 1)), str)

    def _carry_out(self, table: object, who: int, sent: Repetition) -> str:
        mine = replace(self.services, table=table)  # type: ignore[arg-type]

        def make() -> str:
            tx, id_ = Transaction(mine.table), f"made_{who}_{sent.count}_{mine.ids.new('')}"
            sent.keep_made(tx, mine, id_)
            tx.commit()
            self.made.append((who, sent.count, id_))
            return id_

        return idempotency.make(mine, sent, make, str)[0]


def orders(callers: int, counts: int, services: Services, *, crashes: bool = False) -> Iterator[Callers]:
    """Go through all orders in which their requests can be carried out."""
    todo: list[list[Op]] = [[]]
    while todo:
        prefix = todo.pop()
        run, done = Callers(services, services.ids.new("t"), callers, counts), list[Op]()
        while there := run.options(crashes=crashes):
            op = prefix[len(done)] if len(done) < len(prefix) else there[0]
            if len(done) >= len(prefix):
                todo += [[*done, other] for other in there[1:]]
            run.do(op)
            done.append(op)
        yield run


def some(callers: int, counts: int, services: Services, seed: int) -> Callers:
    """Carry their requests out in an order that is chance, in which some die."""
    chance = random.Random(seed)
    run = Callers(services, services.ids.new("t"), callers, counts)
    again, dying = chance.choice((0.05, 0.2, 0.5)), chance.choice((0.0, 0.02))
    while there := run.options(crashes=chance.random() < dying):
        sends = [op for op in there if op[0] == "send"]
        others = [op for op in there if op[0] != "send"]
        run.do(chance.choice(sends if sends and (not others or chance.random() < again) else others))
    return run


def test_of_a_request_and_its_repetition_one_is_carried_out_in_every_order(services: Services) -> None:
    """Both are given the same, or the first gives up, which had come first; and whoever dies in between."""
    orders_ = list(orders(1, 2, services, crashes=services.table.quick))
    assert len(orders_) >= (90 if services.table.quick else 19)
    for run in orders_:
        first, last = run.came[0, 0], run.came[0, run.sent[0] - 1]
        assert len(run.made) == 1 or isinstance(last, Crashed)
        assert isinstance(last, Crashed) or last == run.made[0][2]
        assert isinstance(first, Overtaken | Crashed) or first == run.made[0][2]


@pytest.mark.parametrize(("callers", "counts"), [(1, 4), (2, 2), (2, 3), (3, 3)])
def test_whatever_the_order_no_more_is_made_than_callers_ask(services: Services, callers: int, counts: int) -> None:
    for seed in range(40 if services.table.quick else 4):
        run = some(callers, counts, services, seed)
        assert len(run.made) <= callers, seed
        answers = {made for *_, made in run.made}
        for who, count in enumerate(run.sent):
            last = run.came[who, count - 1]
            assert last in answers or isinstance(last, Overtaken | Crashed), seed


@pytest.mark.parametrize(
    "order",
    [
        pytest.param("+0 +0 01 01 +1 +1 00 11 11 01 10 10 01 10 01", id="given what another repeats"),
        pytest.param(
            "+1 +1 +0 11 +0 11 +0 02 +1 02 02 02 11 11 02 01 12 01 12 12 11 12 11 12 11 11 11 11 01 11 11 01 01 01 01",
            id="gives up twice",
        ),
        pytest.param("+0 +0 +0 02 02 02 02 02 +1 +1 10 10 10 01 01 11 11 11 11 11", id="overtaken and given something"),
    ],
)
def test_orders_in_which_too_much_was_made(services: Services, order: str) -> None:
    """`+0`: the first caller sends, or sends again; `01`: its second request does its next operation."""
    run = Callers(services, "t", 2, 3)
    for each in order.split():
        who, count = int(each[0].replace("+", each[1])), int(each[1])
        if each[0] == "+":
            run.do(("send", who, run.sent[who]))
        elif (who, count) in run.running:
            run.do(("step", who, count))
    for which in list(run.running):
        finish(run, which)
    assert len(run.made) <= 2


def test_who_gives_up_makes_nothing_again(services: Services) -> None:
    """What is made may be large: it is not made in vain a second time."""
    run, tries = Callers(services, "t", 1, 2), list[int]()
    sent = asked(services, 0, tenant="t")

    def make() -> str:
        tries.append(1)
        if len(tries) == 1:
            run.sent[0] = 1
            run.do(("send", 0, 1))
            finish(run, (0, 1))
        tx = Transaction(services.table)
        sent.keep_made(tx, services, "x")
        tx.commit()
        return "x"

    with pytest.raises(Overtaken):
        idempotency.make(services, sent, make, str)
    assert len(tries) == 1


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("callers", "counts"), [(2, 2), (2, 3), (3, 3)])
def test_whatever_the_order_of_thousands(services: Services, callers: int, counts: int) -> None:
    for seed in range(1000, 2000 if services.table.quick else 1100):
        assert len(some(callers, counts, services, seed).made) <= callers, seed


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_equal_ones_one_lives(services: Services, first: int) -> None:
    """Whoever comes to write first gives up: who still waits for it is then given what the other one has made."""
    run = Callers(services, "t", 2, 2)
    for op in [("send", 0, 0), ("send", 1, 0), ("send", 0, 1)]:
        run.do(op)
    finish(run, (0, 1))
    finish(run, (first, 0))
    finish(run, (1 - first, 0))
    assert isinstance(run.came[first, 0], Overtaken)
    assert [(who, count) for who, count, _ in run.made] == [(0, 1), (1 - first, 0)]
    if first == 1:
        run.do(("send", 1, 1))
        finish(run, (1, 1))
        assert run.came[1, 1] == run.came[0, 0]
        assert run.came[1, 1] != run.came[0, 1]


def test_who_comes_later_is_not_overtaken(services: Services) -> None:
    """Of a repetition whose first one never came, what it leaves is for nobody."""
    made = {begin(services, asked(services, count)) for count in (1, 0, 0, 1, 0)}
    assert len(made) == 4, "the second repetition is given one of the originals"


def test_a_first_request_reads_nothing(services: Services) -> None:
    run = Callers(services, "t", 1, 1)
    run.do(("send", 0, 0))
    run.do(("step", 0, 0))
    assert isinstance(run.came[0, 0], str)


def test_what_is_left_goes_with_the_originals(services: Services) -> None:
    sent = asked(services, 1)
    begin(services, sent)
    assert len(services.table.query(sent.place[0], upto="#~").items) == PLACES
    services.clock.sleep(KEPT + 2)
    assert services.table.query(sent.place[0]).items == ()


def test_who_finds_what_it_repeats_leaves_nothing(services: Services) -> None:
    run = Callers(services, "t", 1, 2)
    for op in [("send", 0, 0), ("send", 0, 1), ("step", 0, 1), ("step", 0, 0)]:
        run.do(op)
    finish(run, (0, 1))
    assert run.came[0, 1] == run.came[0, 0]
    assert services.table.query(asked(services, 0, tenant="t").place[0], upto="#~").items == ()


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize(
    "stands",
    [Item("", "", {"state": 7}), Item("", "", {"state": "x"}, b'{"open": [[1], 2, ["a", 0, 1]]}'), Item("", "")],
)
def test_what_is_damaged_stops_nobody(services: Services, stands: Item, count: int) -> None:
    pk = asked(services, count).place[0]
    for place in range(PLACES):
        services.table.write(Put(replace(stands, pk=pk, sk=f"#{place}")))
    first = begin(services, asked(services, count))
    assert begin(services, asked(services, count + 1)) == first


def test_it_does_not_grow_without_end(services: Services) -> None:
    for _ in range(MOST // COUNTS + 2):
        sent = asked(services, COUNTS * 2)
        sent.way.overtake(services)
    (item,) = services.table.query(sent.place[0], upto="#0").items
    kept = json.loads(item.body)["open"]
    assert len(kept) == MOST
    assert [count for _, count, name in kept if name == sent.key] == [*range(COUNTS, COUNTS * 2)]


def finish(run: Callers, which: tuple[int, int]) -> None:
    while which in run.running:
        run.do(("step", *which))
