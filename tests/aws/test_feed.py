"""The feed from now on, over HTTP: nothing that was there already, and nothing of what comes is missed."""

import random

import httpx
import pytest

from tests.kit.shapes import Shape
from walkaway_core.store import outbox
from walkaway_core.store.notice import Notice
from walkaway_core.store.transaction import Transaction


class Writer:
    """Somebody whose transaction stands between the making of its id and its commit."""

    def __init__(self, shape: Shape, ago: float) -> None:
        services = shape.services
        self.id = f"evt_{int((services.clock.now() - ago) * 1000):012x}{random.randbytes(6).hex()}"
        self._tx = Transaction(services.table)
        notice = Notice(self.id, "session.updated", "alpha", "sess_1", "", 0, services.clock.now())
        outbox.put(self._tx, services, notice)

    def commit(self) -> str:
        self._tx.commit()
        return self.id


def page(client: httpx.Client, after: str) -> tuple[list[str], str]:
    answer = client.get("/v1/events", params={"after": after, "wait": 0})
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["events"]], answer.json()["next"]


@pytest.mark.parametrize("late", [1, 5])
def test_who_asks_from_now_on_is_given_what_is_committed_later_and_nothing_else(shape: Shape, late: int) -> None:
    with shape.client() as client:
        slow = [Writer(shape, ago=20 + n) for n in range(late)]
        before = {Writer(shape, ago=n).commit() for n in range(1, 40)}
        events, cursor = page(client, "now")
        assert events == []
        come = {writer.commit() for writer in slow} | {Writer(shape, ago=0).commit()}
        seen: list[str] = []
        while True:
            events, cursor = page(client, cursor)
            if not events:
                break
            seen += events
        assert not before & set(seen)
        assert set(seen) == come
        assert len(seen) == len(come), "each once"


@pytest.mark.parametrize("what", ["an id", "a moment"])
def test_who_goes_on_from_what_is_seconds_old_is_given_nothing_of_long_before(shape: Shape, what: str) -> None:
    with shape.client() as client:
        slow = Writer(shape, ago=15)
        for ago in (3600, 1800, 600, 60, 20):
            Writer(shape, ago).commit()
        at = Writer(shape, ago=10).commit()
        come = {Writer(shape, ago=n).commit() for n in range(1, 6)}
        cursor = at if what == "an id" else f"evt_{int(at[4:16], 16) + 1:012x}{0:012x}"
        seen: list[str] = []
        while True:
            events, cursor = page(client, cursor)
            if not events:
                break
            seen += events
            if len(seen) == len(events):
                come |= {slow.commit(), Writer(shape, ago=0).commit()}
        assert come <= set(seen)
        assert {id_ for id_ in seen if id_ <= at} == {slow.id}
        assert len(seen) == len(set(seen)), "each once"
