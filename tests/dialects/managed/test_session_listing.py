"""The list of sessions by the SDK: each filter, both orders, both directions, and cursors bound to what was asked."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from anthropic.types.beta import BetaManagedAgentsSession
from pydantic import TypeAdapter

from tests.dialects.managed.test_sessions import (
    Make,
    agent,
    environment,
    make,
    refused,
    send,
    server,
    turn_of,
)
from tests.kit.messages_api import MessagesApi, Reply, call
from tests.kit.servers import Running
from walkaway_core.dialects.managed import session_listing

__all__ = ["agent", "environment", "make", "server"]


def ids(page: Any) -> list[str]:
    return [each.id for each in page.data]


def test_the_newest_come_first_and_pages_go_on_where_the_last_ended(sdk: Any, make: Make) -> None:
    made = [make()["id"] for _ in range(5)]
    assert ids(sdk.beta.sessions.list()) == made[::-1]
    assert [each.id for each in sdk.beta.sessions.list(limit=2)] == made[::-1]
    assert [each.id for each in sdk.beta.sessions.list(limit=2, order="asc")] == made


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_there_is_a_way_back(sdk: Any, make: Make, order: str) -> None:
    made = [make()["id"] for _ in range(5)]
    made = made if order == "asc" else made[::-1]
    first = sdk.beta.sessions.list(limit=2, order=order)
    second = sdk.beta.sessions.list(limit=2, order=order, page=first.next_page)
    third = sdk.beta.sessions.list(limit=2, order=order, page=second.next_page)
    assert (ids(first), ids(second), ids(third)) == (made[:2], made[2:4], made[4:])
    assert (first.prev_page, third.next_page) == (None, None)
    back = sdk.beta.sessions.list(limit=2, order=order, page=third.prev_page)
    assert ids(back) == made[2:4]
    home = sdk.beta.sessions.list(limit=2, order=order, page=back.prev_page)
    assert (ids(home), home.prev_page) == (made[:2], None)
    assert ids(sdk.beta.sessions.list(limit=2, order=order, page=home.next_page)) == made[2:4]


def test_a_page_stays_right_while_others_are_deleted(sdk: Any, make: Make) -> None:
    made = [make()["id"] for _ in range(5)][::-1]
    first = sdk.beta.sessions.list(limit=2)
    for id_ in made[:3]:
        sdk.beta.sessions.delete(id_)
    assert ids(sdk.beta.sessions.list(limit=2, page=first.next_page)) == made[3:]


def test_a_cursor_is_of_its_list_and_order(sdk: Any, make: Make) -> None:
    for _ in range(3):
        make()
    cursor = sdk.beta.sessions.list(limit=1).next_page
    said = refused(400, lambda: sdk.beta.sessions.list(limit=1, order="asc", page=cursor))
    assert "page token order does not match request" in said
    for other in ({"include_archived": True}, {"statuses": ["idle"]}, {"created_at_gt": datetime.now(UTC)}):
        foreign = partial(sdk.beta.sessions.list, limit=1, page=cursor, **other)
        assert "invalid page cursor" in refused(400, foreign)
    assert "invalid page cursor" in refused(400, lambda: sdk.beta.sessions.list(page="page_what"))


def test_archived_ones_are_left_out_unless_asked_for(sdk: Any, make: Make) -> None:
    one, other = make()["id"], make()["id"]
    sdk.beta.sessions.archive(one)
    assert ids(sdk.beta.sessions.list()) == [other]
    assert ids(sdk.beta.sessions.list(include_archived=True)) == [other, one]
    assert ids(sdk.beta.sessions.list(statuses=["terminated"])) == [one]


def test_by_agent_and_version(sdk: Any, make: Make, agent: Any) -> None:
    first = make()["id"]
    sdk.beta.agents.update(agent.id, system="Be brief.")
    second = make()["id"]
    other = sdk.beta.agents.create(name="Other", model="claude-sonnet-5")
    third = make(agent=other.id)["id"]
    assert ids(sdk.beta.sessions.list(agent_id=agent.id)) == [second, first]
    assert ids(sdk.beta.sessions.list(agent_id=agent.id, agent_version=1)) == [first]
    assert ids(sdk.beta.sessions.list(agent_version=1)) == [third, second, first]
    assert ids(sdk.beta.sessions.list(agent_id="agent_" + "0" * 24)) == []
    assert ids(sdk.beta.sessions.list(deployment_id="depl_1")) == []
    assert ids(sdk.beta.sessions.list(memory_store_id="memstore_1")) == []


def test_by_time(sdk: Any, make: Make) -> None:
    made = [make() for _ in range(3)]
    at = [datetime.fromisoformat(each["created_at"]) for each in made]
    newest = [each["id"] for each in made][::-1]
    listed = sdk.beta.sessions.list
    assert ids(listed(created_at_gte=at[0] - timedelta(seconds=1))) == newest
    assert ids(listed(created_at_lt=at[0] - timedelta(seconds=1))) == []
    assert ids(listed(created_at_gt=at[2] + timedelta(hours=5))) == []
    assert set(ids(listed(created_at_gte=at[1]))) >= {newest[0]}
    assert newest[0] not in ids(listed(created_at_lt=at[2]))
    assert "created_at[gte]" in refused(400, lambda: listed(extra_query={"created_at[gte]": "soon"}))


def test_by_status(sdk: Any, make: Make, server: Running, model: MessagesApi) -> None:
    idle, waits = make()["id"], make()["id"]
    model.replies = [Reply([call("get_weather", city="Porto")])]
    turn_of(server, waits, send(server, waits), "waiting")
    assert ids(sdk.beta.sessions.list(statuses=["idle"])) == [waits, idle]
    assert ids(sdk.beta.sessions.list(statuses=["running", "rescheduling"])) == []
    assert ids(sdk.beta.sessions.list(extra_query={"statuses": "idle,running"})) == [waits, idle]
    assert "statuses" in refused(400, lambda: sdk.beta.sessions.list(statuses=["asleep"]))


def test_a_filter_looks_behind_what_it_leaves_out(
    sdk: Any, make: Make, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_listing, "LOOKED_AT", 2)
    first = make()["id"]
    other = sdk.beta.agents.create(name="Other", model="claude-sonnet-5")
    for _ in range(5):
        make(agent=other.id)
    page = sdk.beta.sessions.list(agent_id=agent.id, limit=1)
    assert (ids(page), page.next_page) == ([first], None)


def test_each_is_what_reading_it_gives(sdk: Any, make: Make) -> None:
    made = make(title="Nightly", metadata={"a": "1"})
    text = sdk.beta.sessions.with_raw_response.list().http_response.json()
    assert text.keys() == {"data", "next_page", "prev_page", "has_more", "first_id", "last_id"}
    (shown,) = text["data"]
    TypeAdapter(BetaManagedAgentsSession).validate_python(shown)
    assert {**shown, "stats": None} == {**made, "stats": None}
