"""The tenant's feed: a cursor that misses nothing, though writers commit in another order than they begin."""

import asyncio
import random

import pytest

from tests.kit.engine import Engine
from walkaway_core.errors import CursorInvalid
from walkaway_core.log import feed_readers
from walkaway_core.log.feed_readers import HORIZON, NOW, PACE, FeedReader
from walkaway_core.ports.items import Item
from walkaway_core.store import feed, outbox
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.notice import Notice
from walkaway_core.store.transaction import Transaction

KEY = SessionKey("t", "sess_1")


class Writer:
    """Somebody whose transaction stands between the making of its id and its commit."""

    def __init__(self, engine: Engine, ago: float = 0.0) -> None:
        self._tx = Transaction(engine.table)
        id_ = f"evt_{int((engine.clock.now() - ago) * 1000):012x}{random.randbytes(6).hex()}"
        self.id = id_
        outbox.put(self._tx, engine.services, Notice(id_, "turn.started", "t", "sess_1", "", 0, engine.clock.now()))

    def commit(self) -> str:
        self._tx.commit()
        return self.id


def read(engine: Engine, cursor: str, limit: int = 1000) -> tuple[list[str], str]:
    """Read a page as somebody does who has nothing but the cursor."""
    reader = FeedReader.open(engine.services, "t", cursor)
    lines = asyncio.run(reader.page(limit=limit, timeout=0))
    return [line.notice.id for line in lines], reader.cursor


def test_who_commits_late_is_seen_behind_who_was_quicker(engine: Engine) -> None:
    slow, quick = Writer(engine, ago=2), Writer(engine, ago=1)
    quick.commit()
    seen, cursor = read(engine, "")
    assert seen == [quick.id]
    assert read(engine, cursor) == ([], cursor), "what is known does not come again and again"
    slow.commit()
    assert read(engine, cursor.rpartition(".")[0])[0] == [slow.id, quick.id], "an earlier version's says how many"
    again, cursor = read(engine, cursor)
    assert again == [slow.id]
    assert read(engine, cursor) == ([], cursor)


def test_a_connection_that_stays_gives_the_late_one_alone(engine: Engine) -> None:
    slow, quick = Writer(engine, ago=2), Writer(engine, ago=1)
    quick.commit()
    reader = FeedReader.open(engine.services, "t", "")

    def more() -> list[str]:
        return [line.notice.id for line in asyncio.run(reader.read(timeout=0))]

    assert more() == [quick.id]
    slow.commit()
    assert more() == [slow.id]
    assert more() == []
    engine.clock.sleep(HORIZON + 1)
    assert more() == []
    assert reader.cursor.count(".") == 0, "all of it is settled"


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_whatever_the_order_of_commits_all_are_seen(engine: Engine, limit: int) -> None:
    chance = random.Random(limit)
    writers = [Writer(engine, ago=chance.uniform(0, HORIZON - 20)) for _ in range(40)]
    seen: set[str] = set()
    cursor = ""
    while writers:
        for _ in range(chance.randrange(3)):
            if writers:
                writers.pop().commit()
        engine.clock.sleep(0.3)
        ids, cursor = read(engine, cursor, limit)
        seen |= set(ids)
    for _ in range(200):
        ids, cursor = read(engine, cursor, limit)
        seen |= set(ids)
        if not ids:
            break
    assert seen == {item.sk for item in engine.table.query("T#t#EVENTS").items}
    assert len(seen) == 40


def test_what_keeps_coming_does_not_keep_late_ones_out(engine: Engine) -> None:
    slow = Writer(engine, ago=1)
    seen: set[str] = set()
    cursor = read(engine, NOW)[1]
    for number in range(int(PACE) + 2):
        engine.clock.sleep(1)
        Writer(engine).commit()
        if number == 1:
            slow.commit()
        ids, cursor = read(engine, cursor)
        seen |= set(ids)
    assert slow.id in seen


def test_from_now_on_is_what_comes_and_not_what_was(engine: Engine) -> None:
    slow, early = Writer(engine, ago=2), Writer(engine, ago=1)
    early.commit()
    assert read(engine, NOW)[0] == []
    cursor = read(engine, NOW)[1]
    slow.commit()
    assert read(engine, cursor)[0] == [slow.id]


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_from_now_on_nothing_comes_that_was_there_whatever_the_order_of_commits(engine: Engine, limit: int) -> None:
    chance = random.Random(limit)
    writers = [Writer(engine, ago=chance.uniform(0, HORIZON - 60)) for _ in range(40)]
    before = {writers.pop().commit() for _ in range(20)}
    cursor, seen = read(engine, NOW)[1], list[str]()
    while writers or chance.randrange(10):
        for _ in range(min(len(writers), chance.randrange(min(limit + 1, 5)))):
            writers.pop().commit()
        engine.clock.sleep(0.3)
        ids, cursor = read(engine, cursor, limit)
        seen += ids
    while ids:
        ids, cursor = read(engine, cursor, limit)
        seen += ids
    everything = {item.sk for item in engine.table.query("T#t#EVENTS").items}
    assert sorted(seen) == sorted(everything - before)


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("ago", [1.0, 10.0, HORIZON - 1, HORIZON + 1])
def test_behind_an_events_id_of_any_age_comes_what_is_newer(engine: Engine, ago: float, limit: int) -> None:
    old = {Writer(engine, ago=HORIZON * n + 10).commit() for n in range(1, 4)}
    slow, cursor = Writer(engine, ago=min(ago + 5, HORIZON - 5)), Writer(engine, ago=ago).commit()
    new, seen = {Writer(engine).commit() for _ in range(5)}, list[str]()
    ids, cursor = read(engine, cursor, limit)
    new.add(slow.commit())
    while ids:
        seen += ids
        engine.clock.sleep(0.3)
        ids, cursor = read(engine, cursor, limit)
    assert not old & set(seen)
    assert sorted(seen) == sorted(new), "each once"


def test_an_events_own_id_is_a_cursor(engine: Engine) -> None:
    first, second = Writer(engine, ago=2).commit(), Writer(engine, ago=1).commit()
    assert read(engine, first)[0] == [second]
    assert read(engine, second)[0] == []


@pytest.mark.parametrize(
    "cursor", ["evt_", "evt_1", "msg_" + "0" * 24, "evt_" + "0" * 24 + ".1.2", "then", "evt_" + "f" * 24]
)
def test_what_is_no_cursor_is_refused(engine: Engine, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        FeedReader.open(engine.services, "t", cursor)


def test_who_is_waiting_notices_a_late_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It wakes nobody, since it sorts in front of what is known; so it is looked for."""
    monkeypatch.setattr(feed_readers, "HEARTBEAT", 0.05)
    slow, quick = Writer(engine, ago=2), Writer(engine, ago=1)
    quick.commit()
    reader = FeedReader.open(engine.services, "t", "")

    async def wait() -> list[str]:
        await reader.read(timeout=0)
        waiting = asyncio.create_task(reader.page(limit=10, timeout=20))
        await asyncio.sleep(0)
        await asyncio.to_thread(slow.commit)
        return [line.notice.id for line in await waiting]

    assert asyncio.run(wait()) == [slow.id]


CURSORS = ("before", "beginning", "now", "id", "live")


@pytest.mark.parametrize("later", [0.0, 1000.0], ids=["at once", "later"])
@pytest.mark.parametrize("which", CURSORS)
def test_a_clock_that_is_set_back_makes_no_reader_deaf(engine: Engine, which: str, later: float) -> None:
    first = Writer(engine).commit()
    before = read(engine, "")[1]
    engine.clock.sleep(3600)
    ahead = Writer(engine).commit()
    live = FeedReader.open(engine.services, "t", NOW)
    asyncio.run(live.read(timeout=0))
    begun = {"before": read(engine, before)[1], "beginning": read(engine, "")[1], "now": read(engine, NOW)[1]}
    engine.clock.sleep(-3600)
    if which == "live":
        asyncio.run(live.read(timeout=0))
    second = Writer(engine).commit()
    engine.clock.sleep(later)
    third = Writer(engine).commit()
    if which == "live":
        ids = [line.notice.id for _ in range(2) for line in asyncio.run(live.read(timeout=0))]
        assert (set(ids), live.cursor > "") == ({second, third}, True)
        return
    ids, cursor = read(engine, begun.get(which, ahead))
    assert {second, third} <= set(ids) <= {first, second, third, ahead}
    assert read(engine, cursor) == ([], cursor), "what is known does not come again and again"
    fourth = Writer(engine).commit()
    ids, cursor = read(engine, cursor)
    assert fourth in ids


def test_clocks_that_differ_a_little_give_nothing_anew(engine: Engine) -> None:
    Writer(engine).commit()
    engine.clock.sleep(HORIZON + 1)
    Writer(engine).commit()
    cursor = read(engine, "")[1]
    engine.clock.sleep(-2)
    assert read(engine, cursor)[0] == []
    early = Writer(engine, ago=HORIZON + 10).commit()
    engine.clock.sleep(2)
    last = Writer(engine).commit()
    engine.clock.sleep(-0.5)
    assert early not in read(engine, last)[0], "an id that another machine has just made is not looked behind for long"


def test_what_cannot_be_read_says_so(engine: Engine) -> None:
    line = feed.read("t", Item("T#t#EVENTS", "evt_1", {"kind": 7}, b"\xff"))
    assert (line.notice.kind, line.notice.id) == ("unreadable", "evt_1")
    assert "unreadable" in line.notice.more
