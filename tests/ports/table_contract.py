"""What every Table must do: one check for each sentence of the port's docstrings."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.ports.items import (
    Absent,
    Below,
    Change,
    Check,
    Condition,
    Delete,
    Fact,
    Is,
    IsNot,
    Item,
    Lacks,
    Page,
    Present,
    Put,
    Refused,
    TooLarge,
    Write,
)
from walkaway_core.ports.table import Table

ContractCheck = Callable[[Table, HeldClock], None]


def get_gives_items_in_the_order_of_the_keys_and_none_for_absent_ones(table: Table, clock: HeldClock) -> None:
    one = Item("p", "a", {"text": "x", "number": 3, "flag": True}, b"\x00body\xff", None)
    two = Item("q", "a")
    table.write(Put(one), Put(two))
    assert table.get(("q", "a"), ("p", "nothing"), ("p", "a")) == [two, None, one]
    found = table.get(("p", "a"))[0]
    assert found
    assert type(found.facts["flag"]) is bool


def get_takes_a_hundred_keys_and_no_more(table: Table, clock: HeldClock) -> None:
    assert table.get(*[("p", str(i)) for i in range(100)]) == [None] * 100
    with pytest.raises(ValueError, match="100"):
        table.get(*[("p", str(i)) for i in range(101)])


def a_write_that_has_returned_is_seen_from_every_thread(table: Table, clock: HeldClock) -> None:
    with ThreadPoolExecutor(4) as pool:
        for i in range(50):
            pool.submit(table.write, Put(Item("p", "a", {"n": i}))).result()
            seen = list(pool.map(lambda _: table.get(("p", "a"))[0], range(4)))
            assert [item.facts["n"] for item in seen if item] == [i] * 4


def query_reads_behind_after_up_to_and_with_upto_in_byte_order(table: Table, clock: HeldClock) -> None:
    for sk in ("b", "a", "ä", "B", "c", "a#1", "😀", "\uffff"):
        table.write(Put(Item("p", sk)))
    table.write(Put(Item("q", "b")))

    def keys(after: str = "", upto: str | None = None, *, reverse: bool = False) -> list[str]:
        return [item.sk for item in table.query("p", after=after, upto=upto, reverse=reverse).items]

    assert keys() == ["B", "a", "a#1", "b", "c", "ä", "\uffff", "😀"]
    assert keys(after="a", upto="c") == ["a#1", "b", "c"]
    assert keys(after="a", upto="c", reverse=True) == ["c", "b", "a#1"]
    assert keys(after="c", upto="b") == []
    assert [item.sk for item in table.query("nobody").items] == []


def query_says_whether_the_range_goes_on(table: Table, clock: HeldClock) -> None:
    for i in range(5):
        table.write(Put(Item("p", str(i))))
    first = table.query("p", limit=2)
    assert ([item.sk for item in first.items], first.more) == (["0", "1"], True)
    last = table.query("p", after="2", limit=2)
    assert ([item.sk for item in last.items], last.more) == (["3", "4"], False)
    back = table.query("p", reverse=True, limit=4)
    assert ([item.sk for item in back.items], back.more) == (["4", "3", "2", "1"], True)


def query_stops_at_about_a_megabyte(table: Table, clock: HeldClock) -> None:
    for i in range(5):
        table.write(Put(Item("p", str(i), {}, b"x" * 390_000)))
    page = table.query("p")
    assert 1 <= len(page.items) < 5
    assert page.more
    assert sum(item.size for item in page.items) <= 1_500_000


def an_item_counts_as_absent_from_the_second_in_which_it_expires(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", expires=int(clock.now()) + 10)), Put(Item("p", "b")))
    assert table.get(("p", "a"))[0]
    clock.time += 10
    assert table.get(("p", "a")) == [None]
    assert [item.sk for item in table.query("p").items] == ["b"]
    with pytest.raises(Refused) as refusal:
        table.write(Change("p", "a", set={"x": 1}))
    assert refusal.value.item is None
    table.write(Put(Item("p", "a", {"new": True}), (Absent(),)))
    assert table.get(("p", "a")) == [Item("p", "a", {"new": True})]


def all_writes_are_carried_out_or_none(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "old", {"n": 1})))
    with pytest.raises(Refused) as refusal:
        table.write(
            Put(Item("p", "new")),
            Change("p", "old", set={"n": 2}),
            Delete("p", "gone"),
            Check("p", "nothing", (Present(),)),
        )
    assert refusal.value.key == ("p", "nothing")
    assert table.get(("p", "new"), ("p", "old")) == [None, Item("p", "old", {"n": 1})]


def refused_names_the_first_write_refused_and_what_stood_there(table: Table, clock: HeldClock) -> None:
    there = Item("p", "b", {"n": 7}, b"body")
    table.write(Put(there))
    with pytest.raises(Refused) as refusal:
        table.write(Put(Item("p", "a")), Put(Item("p", "b"), (Absent(),)), Check("p", "c", (Present(),)))
    assert (refusal.value.key, refusal.value.item) == (("p", "b"), there)


def conditions_see_the_state_before_the_transaction(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", {"n": 1})))
    table.write(Change("p", "a", set={"n": 2}, when=(Is("n", 1),)), Check("p", "b", (Absent(),)))
    table.write(Put(Item("p", "b")), Change("p", "a", add={"n": 1}, when=(Is("n", 2),)))
    assert table.get(("p", "a"))[0] == Item("p", "a", {"n": 3})


def each_condition_holds_when_it_should(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", {"word": "x", "n": 5, "flag": False})))
    cases: list[tuple[Condition, bool, bool]] = [  # condition, on that item, on an absent one
        (Absent(), False, True),
        (Present(), True, False),
        (Is("word", "x"), True, False),
        (Is("word", "y"), False, False),
        (Is("missing", "x"), False, False),
        (Is("flag", value=False), True, False),
        (IsNot("word", "y"), True, False),
        (IsNot("word", "x"), False, False),
        (IsNot("missing", "x"), True, False),
        (Lacks("missing"), True, False),
        (Lacks("word"), False, False),
        (Below("n", 6), True, False),
        (Below("n", 5), False, False),
        (Below("missing", 5), False, False),
        (Below("word", 5), False, False),
    ]
    for condition, there, absent in cases:
        for key, expected in (("a", there), ("nothing", absent)):
            try:
                table.write(Check("p", key, (condition,)), Put(Item("p", "written")))
                held = True
            except Refused:
                held = False
            assert held is expected, (condition, key)


def several_conditions_must_all_hold(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", {"n": 1})))
    with pytest.raises(Refused):
        table.write(Change("p", "a", set={"n": 2}, when=(Is("n", 1), Lacks("n"))))
    assert table.get(("p", "a")) == [Item("p", "a", {"n": 1})]


def change_sets_adds_and_drops_facts_and_leaves_the_rest(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a", {"keep": "k", "drop": 1, "n": 2}, b"body", int(clock.now()) + 99)))
    table.write(Change("p", "a", set={"new": True}, add={"n": -5, "fresh": 4}, drop=("drop", "unknown")))
    facts: dict[str, Fact] = {"keep": "k", "n": -3, "new": True, "fresh": 4}
    assert table.get(("p", "a")) == [Item("p", "a", facts, b"body", int(clock.now()) + 99)]


def what_is_no_number_stays_when_something_is_added_to_it(table: Table, clock: HeldClock) -> None:
    for fact in ("text", True):
        facts: dict[str, Fact] = {"n": fact, "m": 1}
        table.write(Put(Item("p", "a", facts)), Put(Item("p", "b", facts)))
        table.write(Change("p", "a", set={"x": 1}, add={"n": 1, "m": 1}))
        table.write(Change("p", "a", add={"n": 1}), Change("p", "b", add={"n": 1}), Put(Item("p", "c", facts)))
        changed = Item("p", "a", {"n": fact, "m": 2, "x": 1})
        assert table.get(("p", "a"), ("p", "b"), ("p", "c")) == [changed, Item("p", "b", facts), Item("p", "c", facts)]
        with pytest.raises(Refused):
            table.write(Change("p", "a", add={"n": 1}, when=(Is("m", 1),)))
        with pytest.raises(Refused):
            table.write(Change("p", "a", add={"n": 1}), Change("p", "none", add={"n": 1}))


def change_needs_an_item(table: Table, clock: HeldClock) -> None:
    with pytest.raises(Refused):
        table.write(Change("p", "a", set={"x": 1}))
    assert table.get(("p", "a")) == [None]


def delete_of_an_absent_item_is_no_error(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a")))
    table.write(Delete("p", "a"), Delete("p", "b"))
    table.write(Delete("p", "a"))
    assert table.get(("p", "a")) == [None]


def limits_are_those_of_dynamodb_and_nothing_is_written_beyond_them(table: Table, clock: HeldClock) -> None:
    table.write(*[Put(Item("p", str(i))) for i in range(100)])
    too_many: list[Write] = [Put(Item("p", f"x{i}")) for i in range(101)]
    too_big: list[Write] = [Put(Item("p", "x1")), Put(Item("p", "x2", {}, b"x" * 400_001))]
    too_heavy: list[Write] = [Put(Item("p", f"x{i}", {}, b"x" * 390_000)) for i in range(11)]
    for writes in (too_many, too_big, too_heavy):
        with pytest.raises(TooLarge):
            table.write(*writes)
    table.write(Put(Item("p", "grown", {"t": "x" * 300_000})))
    with pytest.raises(TooLarge):
        table.write(Put(Item("p", "x1")), Change("p", "grown", set={"more": "x" * 300_000}))
    wrongs: list[list[Write]] = [[], [Put(Item("p", "x")), Delete("p", "x")]]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="transaction"):
            table.write(*wrong)
    assert table.query("p", after="x", upto="x~").items == ()


def submit_does_what_write_does_and_puts_errors_into_the_future(table: Table, clock: HeldClock) -> None:
    table.submit(Put(Item("p", "a"), (Absent(),))).result(10)
    assert table.get(("p", "a"))[0]
    assert isinstance(table.submit(Put(Item("p", "a"), (Absent(),))).exception(10), Refused)
    assert isinstance(table.submit().exception(10), ValueError)
    assert isinstance(table.submit(Put(Item("p", "b", {}, b"x" * 400_001))).exception(10), TooLarge)


def a_callback_may_submit_again(table: Table, clock: HeldClock) -> None:
    done = threading.Event()

    def again(_: object) -> None:
        table.submit(Put(Item("p", "second"))).add_done_callback(lambda _: done.set())

    table.submit(Put(Item("p", "first"))).add_done_callback(again)
    assert done.wait(10)
    assert len(table.query("p").items) == 2


def what_is_written_behind_is_carried_out_before_what_is_handed_in_afterwards(table: Table, clock: HeldClock) -> None:
    for n in range(50):
        table.write_behind(Put(Item("p", "a", {"n": n})), Put(Item("p", str(n))))
        table.write_behind(Delete("p", str(n - 1)))
        table.write(Check("p", "a", (Is("n", n),)), Check("p", str(n), (Present(),)), Put(Item("p", "seen", {"n": n})))
    assert [item.sk for item in table.query("p").items] == ["49", "a", "seen"]


def what_is_written_behind_is_seen_once_something_later_is_durable(table: Table, clock: HeldClock) -> None:
    for n in range(50):
        table.write_behind(Put(Item("p", "a", {"n": n})))
        if n % 2:
            table.write(Put(Item("q", "b")))
        else:
            table.submit(Put(Item("q", "b"))).result(10)
        assert table.get(("p", "a")) == [Item("p", "a", {"n": n})]


def what_is_written_behind_is_seen_once_its_future_is_done_which_takes_nothing(table: Table, clock: HeldClock) -> None:
    table.write_behind(Put(Item("p", "a"))).result(10)
    assert table.get(("p", "a"))[0]
    table.write_behind(Delete("p", "a")).result(10)
    assert table.get(("p", "a")) == [None]


def nothing_is_written_behind_on_a_condition_or_beyond_a_limit(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "a")))
    wrongs: list[list[Write]] = [
        [],
        [Put(Item("p", "x")), Delete("p", "x")],
        [Put(Item("p", "x")), Put(Item("p", "x1"), (Absent(),))],
        [Delete("p", "a", (Present(),))],
        [Check("p", "a", (Present(),))],
        [Change("p", "a", set={"n": 1})],
        [Put(Item("p", "x", {}, b"x" * 400_001))],
    ]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"transaction|condition|limit"):
            table.write_behind(*wrong)
    table.write(Put(Item("q", "a")))
    assert table.query("p").items == (Item("p", "a"),)


def only_one_of_many_racing_writers_wins(table: Table, clock: HeldClock) -> None:
    def race(number: int) -> bool:
        try:
            table.write(Put(Item("p", "prize", {"winner": number}), (Absent(),)), Put(Item("w", str(number))))
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = [number for number, win in enumerate(pool.map(race, range(40))) if win]
    assert len(won) == 1
    assert [item.sk for item in table.query("w").items] == [str(won[0])]


def racing_additions_are_all_counted(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "counter")))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: table.write(Change("p", "counter", add={"n": 1})), range(100)))
    assert table.get(("p", "counter")) == [Item("p", "counter", {"n": 100})]


def sweep_out_deletes_from_the_front(table: Table, clock: HeldClock) -> None:
    table.write(*[Put(Item("p", str(i))) for i in range(6)], Put(Item("q", "0")))
    assert table.sweep_out("p", "4", 3) == 3
    assert [item.sk for item in table.query("p").items] == ["3", "4", "5"]
    assert table.sweep_out("p", "4", 100) == 2
    assert table.sweep_out("p", "4", 100) == 0
    assert [item.sk for item in table.query("p").items] == ["5"]
    assert len(table.query("q").items) == 1


async def tailed(table: Table, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
    """Read with a tail that nobody has had before."""
    with table.tail() as tail:
        return await tail.read(pk, after, limit=limit, timeout=timeout)


def tail_gives_what_is_there_at_once(table: Table, clock: HeldClock) -> None:
    table.write(*[Put(Item("p", str(i))) for i in range(4)])
    page = asyncio.run(tailed(table, "p", "0", limit=2, timeout=30))
    assert ([item.sk for item in page.items], page.more) == (["1", "2"], True)


def tail_wakes_when_something_is_written(table: Table, clock: HeldClock) -> None:
    async def main() -> list[str]:
        tail = asyncio.create_task(tailed(table, "p", "1", timeout=30))
        await asyncio.sleep(0)
        await asyncio.to_thread(table.write, Put(Item("p", "1")))
        await asyncio.to_thread(table.write, Put(Item("other", "2")))
        await asyncio.to_thread(table.write, Put(Item("p", "2")))
        return [item.sk for item in (await asyncio.wait_for(tail, 30)).items]

    assert asyncio.run(main()) == ["2"]


def tail_gives_an_empty_page_after_its_timeout(table: Table, clock: HeldClock) -> None:
    assert asyncio.run(asyncio.wait_for(tailed(table, "p", "", timeout=0.05), 30)).items == ()
    assert asyncio.run(asyncio.wait_for(tailed(table, "p", "", timeout=0), 30)).items == ()


def tail_misses_nothing_that_is_written_meanwhile(table: Table, clock: HeldClock) -> None:
    count = 200

    async def main() -> list[str]:
        def produce() -> None:
            for i in range(count):
                table.write(Put(Item("p", f"{i:05}")))

        producer = asyncio.create_task(asyncio.to_thread(produce))
        seen: list[str] = []
        with table.tail() as tail:
            while len(seen) < count:
                page = await tail.read("p", seen[-1] if seen else "", limit=7, timeout=10)
                assert page.items, f"nothing came after {len(seen)}"
                seen += [item.sk for item in page.items]
        await producer
        return seen

    assert asyncio.run(main()) == [f"{i:05}" for i in range(count)]


def tail_misses_nothing_that_is_written_between_two_reads(table: Table, clock: HeldClock) -> None:
    async def main() -> list[list[str]]:
        with table.tail() as tail:
            pages = [await tail.read("p", "", timeout=0), await tail.read("p", "", timeout=0)]
            table.write(Put(Item("p", "1")))  # on the tail's own loop, which has no time to be told
            pages.append(await tail.read("p", "", timeout=0))
            table.write(Put(Item("p", "2")), Put(Item("p", "3")))
            pages.append(await tail.read("p", "1", limit=1, timeout=0))
            pages.append(await tail.read("p", "2", limit=1, timeout=0))
            pages.append(await tail.read("p", "3", timeout=0))
        return [[item.sk for item in page.items] for page in pages]

    assert asyncio.run(main()) == [[], [], ["1"], ["2"], ["3"], []]


def tail_reads_one_partition_after_the_other_from_anywhere(table: Table, clock: HeldClock) -> None:
    table.write(Put(Item("p", "1")), Put(Item("p", "2")), Put(Item("q", "2")))

    async def main() -> list[list[str]]:
        with table.tail() as tail:
            places = [("p", ""), ("p", "2"), ("q", "2"), ("q", ""), ("p", "1"), ("q", "2")]
            pages = [await tail.read(*place, timeout=0) for place in places]
            table.write(Put(Item("p", "3")))
            waiting = asyncio.create_task(tail.read("q", "2", timeout=30))
            await asyncio.sleep(0)
            await asyncio.to_thread(table.write, Put(Item("q", "3")))
            pages.append(await asyncio.wait_for(waiting, 30))
            pages.append(await tail.read("p", "2", timeout=0))
        return [[item.sk for item in page.items] for page in pages]

    assert asyncio.run(main()) == [["1", "2"], [], [], ["2"], ["2"], [], ["3"], ["3"]]


def tail_that_was_given_up_while_it_waited_misses_nothing(table: Table, clock: HeldClock) -> None:
    async def main() -> list[str]:
        with table.tail() as tail:
            for _ in range(3):
                with suppress(TimeoutError):
                    await asyncio.wait_for(tail.read("p", "", timeout=30), 0.05)
            await asyncio.to_thread(table.write, Put(Item("p", "1")))
            return [item.sk for item in (await tail.read("p", "", timeout=30)).items]

    assert asyncio.run(main()) == ["1"]


CONTRACT: list[ContractCheck] = [
    get_gives_items_in_the_order_of_the_keys_and_none_for_absent_ones,
    get_takes_a_hundred_keys_and_no_more,
    a_write_that_has_returned_is_seen_from_every_thread,
    query_reads_behind_after_up_to_and_with_upto_in_byte_order,
    query_says_whether_the_range_goes_on,
    query_stops_at_about_a_megabyte,
    an_item_counts_as_absent_from_the_second_in_which_it_expires,
    all_writes_are_carried_out_or_none,
    refused_names_the_first_write_refused_and_what_stood_there,
    conditions_see_the_state_before_the_transaction,
    each_condition_holds_when_it_should,
    several_conditions_must_all_hold,
    change_sets_adds_and_drops_facts_and_leaves_the_rest,
    what_is_no_number_stays_when_something_is_added_to_it,
    change_needs_an_item,
    delete_of_an_absent_item_is_no_error,
    limits_are_those_of_dynamodb_and_nothing_is_written_beyond_them,
    submit_does_what_write_does_and_puts_errors_into_the_future,
    a_callback_may_submit_again,
    what_is_written_behind_is_carried_out_before_what_is_handed_in_afterwards,
    what_is_written_behind_is_seen_once_something_later_is_durable,
    what_is_written_behind_is_seen_once_its_future_is_done_which_takes_nothing,
    nothing_is_written_behind_on_a_condition_or_beyond_a_limit,
    only_one_of_many_racing_writers_wins,
    racing_additions_are_all_counted,
    sweep_out_deletes_from_the_front,
    tail_gives_what_is_there_at_once,
    tail_wakes_when_something_is_written,
    tail_gives_an_empty_page_after_its_timeout,
    tail_misses_nothing_that_is_written_meanwhile,
    tail_misses_nothing_that_is_written_between_two_reads,
    tail_reads_one_partition_after_the_other_from_anywhere,
    tail_that_was_given_up_while_it_waited_misses_nothing,
]
