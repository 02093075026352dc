"""Runs of whose records some cannot be read: the list, its total and each run agree on what there is."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.runs import RUNS, over, submit
from tests.kit.servers import Running
from walkaway_core.dialects.runs import keys
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine.releasing import PURGE_AFTER
from walkaway_core.ports.items import Item, Put
from walkaway_core.store.keys import END, SessionKey

GONE: dict[str, Any] = {}
OTHERS: dict[str, Any] = dict.fromkeys(("run", "session", "turn", "state", "label", "own"), "x")
Damage = Callable[[Item, dict[str, Any]], None]


@pytest.fixture
def damage(own: Running) -> Damage:
    """Give an item other facts."""
    return lambda item, facts: own.stack.services.table.write(Put(Item(*item.key, facts)))


def made(web: httpx.Client, model: MessagesApi) -> list[dict[str, Any]]:
    """Three runs that are over, the newest first."""
    model.replies = [Reply([text("done")])] * 3
    return [over(web, submit(web, session_id=label)) for label in ("a", "b", "a")][::-1]


def listed(web: httpx.Client, **query: Any) -> tuple[list[dict[str, Any]], int]:
    page = web.get(RUNS, params=query).json()
    return page["jobs"], page["total"]


def entry(run: dict[str, Any]) -> Item:
    return Item(*keys.run_entry("alpha", run["run_id"]))


def look_up(run: dict[str, Any]) -> Item:
    return Item(*keys.run("alpha", run["job_id"]))


@pytest.mark.parametrize("facts", [GONE, OTHERS], ids=["gone", "others"])
class TestDamage:
    def test_an_entry_is_shown_as_its_look_up_and_its_turn_have_it(
        self, web: httpx.Client, model: MessagesApi, damage: Damage, facts: dict[str, Any]
    ) -> None:
        newest, middle, oldest = made(web, model)
        damage(entry(middle), facts)
        assert listed(web) == ([newest, middle, oldest], 3)
        assert listed(web, page=2, page_size=1) == ([middle], 3)
        assert listed(web, session_id="b", status="succeeded") == ([middle], 1)
        assert web.delete(f"{RUNS}/{middle['job_id']}").status_code == 204
        assert listed(web) == ([newest, oldest], 2)

    def test_an_entry_whose_look_up_is_damaged_too_is_shown_as_failed_and_can_be_deleted(
        self, web: httpx.Client, model: MessagesApi, damage: Damage, facts: dict[str, Any]
    ) -> None:
        newest, middle, oldest = made(web, model)
        damage(entry(middle), facts)
        damage(look_up(middle), facts)
        jobs, total = listed(web)
        assert ([jobs[0], jobs[2]], total) == ([newest, oldest], 3)
        shown = jobs[1]
        assert (shown["job_id"], shown["status"], "cannot be read" in shown["error"]) == (
            middle["run_id"],
            "failed",
            True,
        )
        assert web.get(f"{RUNS}/{shown['job_id']}").json() == shown
        assert web.get(f"{RUNS}/{newest['run_id']}").status_code == 404, "whoever has a name goes by that alone"
        for path in ("result", "stream"):
            assert web.get(f"{RUNS}/{shown['job_id']}/{path}").status_code < 500
        assert web.post(f"{RUNS}/{shown['job_id']}/cancel").status_code in (404, 409)
        assert listed(web, status="succeeded") == ([newest, oldest], 2), "nobody knows how it stands"
        assert web.delete(f"{RUNS}/{shown['job_id']}").status_code == 204
        assert listed(web) == ([newest, oldest], 2)
        assert listed(web, session_id="b") == ([], 0)
        assert web.get("/stats").json()["by_status"]["succeeded"] == 2

    def test_where_counters_cannot_be_read_the_list_is_counted_and_runs_go_on(
        self, own: Running, web: httpx.Client, model: MessagesApi, damage: Damage, facts: dict[str, Any]
    ) -> None:
        newest, middle, oldest = made(web, model)
        for item in own.stack.services.table.query("T#alpha#RUNCOUNT", upto=END).items:
            damage(item, {name: facts.get("state", "x") for name in item.facts} if facts else facts)
        assert listed(web) == ([newest, middle, oldest], 3)
        assert listed(web, session_id="a", status="succeeded", page_size=1) == ([newest], 2)
        assert listed(web, status="failed") == ([], 0)
        assert web.get("/stats").json()["by_status"]["succeeded"] == 3
        for _ in range(5):  # some of them in shards whose counters are damaged
            model.replies = [Reply([text("done")])]
            over(web, submit(web, session_id="a"))
        assert listed(web, session_id="b") == ([middle], 1)
        assert listed(web)[1] == 8
        assert web.delete(f"{RUNS}/{oldest['job_id']}").status_code == 204
        assert listed(web, session_id="a")[1] == 6

    @pytest.mark.parametrize("also", [[], [entry], [entry, look_up]], ids=["turn", "entry", "look-up"])
    def test_what_goes_with_its_session_is_listed_and_counted_no_more(
        self,
        own: Running,
        web: httpx.Client,
        model: MessagesApi,
        clock: ShiftedClock,
        damage: Damage,
        facts: dict[str, Any],
        also: list[Callable[[dict[str, Any]], Item]],
    ) -> None:
        newest, middle, oldest = made(web, model)
        session = httpx.URL(middle["native"]).path.split("/")[3]
        damage(Item(*SessionKey("alpha", session).turn(middle["run_id"]).item), facts)
        for item in also:
            damage(item(middle), facts)
        assert listed(web)[1] == 3
        assert web.delete(f"/v1/sessions/{session}").status_code == 204
        clock.ahead += PURGE_AFTER + 1
        for _ in range(200):
            sweep(own.stack.services)
            if listed(web)[1] == 2:
                break
            threading.Event().wait(0.05)
        assert listed(web) == ([newest, oldest], 2)
        assert own.stack.services.table.get(entry(middle).key) == [None]
