"""Sessions, lists, agents and webhooks against a real server."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from tests.kit.clients import quick, said, scripted
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway import errors
from walkaway._sync import lists
from walkaway.events import MetadataUpdated, TurnStarted


def test_a_session_lives_for_a_week_if_nothing_is_said(server: Running) -> None:
    with quick(server.url) as client:
        session = client.sessions.create(metadata={"project": "tides"}, max_steps=7)
        assert (session.record.persistent, session.record.ttl, session.record.max_steps) == (True, 604_800, 7)
        again = client.sessions.get(session.id)
        assert (again.metadata, again.busy, again.current, again.queue) == ({"project": "tides"}, False, None, [])
        assert again.expires_at - again.record.created_at == 604_800
        again.update(metadata={"project": None, "more": 1})
        assert again.metadata == {"more": 1}
        session.delete()
        with pytest.raises(errors.NotFound):
            again.refresh()


def test_a_setting_that_is_none_is_refused_by_name(server: Running) -> None:
    with quick(server.url) as client:
        with pytest.raises(errors.BadRequest, match="colour"):
            client.sessions.create(colour="red")  # type: ignore[call-arg]


def test_lists_go_over_all_pages(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)
    with quick(server.url) as client:
        made = [(client.sessions.create()).id for _ in range(5)]
        found = client.sessions.list()
        assert [each.id for each in found][:5] == made[::-1]
        assert found.cursor is None
        assert [each.id for each in client.sessions.list().first(3)] == made[:1:-1]
        assert [each.id for each in client.sessions.list(limit=4)] == made[:0:-1]
        page = client.sessions.list()
        assert [each.id for each in page.next_page()] == made[:2:-1]
        assert [each.id for each in page.page] == made[:2:-1]
        assert page.cursor == made[3]


def test_a_list_can_be_narrowed_to_what_failed(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply(status=400), Reply([text("one")])]
    with quick(scripted.url) as client:
        bad, good = [client.sessions.create() for _ in range(2)]
        with pytest.raises(errors.TurnFailed):
            bad.ask("first")
        good.ask("first")
        assert [each.id for each in client.sessions.list(failed=True)] == [bad.id]
        assert [each.id for each in client.sessions.list(failed=False)] == [good.id]


def test_a_page_may_be_empty_though_more_follow() -> None:
    pages: list[tuple[list[Any], str]] = [([{"id": "sess_1"}], "a"), ([], "b"), ([{"id": "sess_2"}], "")]

    def handle(_: object) -> Any:
        found, cursor = pages.pop(0)
        return said(found, 200, **({"X_Next_Cursor": cursor} if cursor else {}))

    with scripted(handle) as client:
        assert [each.id for each in client.sessions.list()] == ["sess_1", "sess_2"]


def test_many_are_deleted_by_a_filter(server: Running) -> None:
    with quick(server.url, "beta-key") as client:
        client.sessions.create()
        assert client.sessions.delete_many(status="idle") >= 1
        with pytest.raises(errors.BadRequest):
            client.sessions.delete_many()


def test_a_session_is_followed_over_its_turns(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("one")]), Reply([text("two")])]
    with quick(scripted.url) as client:
        session = client.sessions.create()
        first = session.ask("first")
        session.update(metadata={"a": 1})
        second = session.ask("second")
        there = [event for event in session.events(follow=False)]
        assert [e.response_id for e in there if isinstance(e, TurnStarted)] == [first.turn.id, second.turn.id]
        assert [e.changes for e in there if isinstance(e, MetadataUpdated)] == [{"a": 1}]
        assert {e.turn_id for e in there} == {"", first.turn.id, second.turn.id}
        middle = there[3]
        assert [e for e in session.events(middle.cursor, follow=False)] == there[4:]
        followed = []
        for event in session.events():
            followed.append(event)
            if event.at_end and event.turn_id == second.turn.id:
                session.delete()
        assert followed == there


def test_the_conversation_is_there(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("pong")])]
    with quick(scripted.url) as client:
        session = client.sessions.create()
        session.ask("ping")
        roles = [(entry.role, entry.content[0]["text"]) for entry in session.messages()]
    assert roles == [("user", "ping"), ("assistant", "pong")]


def test_an_answer_is_read_as_a_model(scripted: Running, model: MessagesApi) -> None:
    class Tide(BaseModel):
        harbour: str
        metres: float

    said_so = json.dumps({"harbour": "Porto", "metres": 3.1})
    model.replies = [Reply([text(f"```json\n{said_so}\n```")]), Reply([text(said_so)])]
    with quick(scripted.url) as client:
        for _ in range(2):
            assert (client.run("go")).parse(Tide) == Tide(harbour="Porto", metres=3.1)


def test_agents_are_made_changed_and_shared(server: Running) -> None:
    with quick(server.url) as client:
        made = client.agents.create(name="researcher", instructions="Cite.", description="reads")
        with pytest.raises(errors.NameTaken):
            client.agents.create(name="researcher")
        changed = client.agents.update("researcher", instructions="Be brief.")
        assert (changed.id, changed.version, changed.instructions) == (made.id, 2, "Be brief.")
        assert (client.agents.get(made.id)).description == "reads"
        assert made.id in [agent.id for agent in client.agents.list()]
        versions = [each for each in client.agents.versions("researcher")]
        assert [(each.version, each.instructions) for each in versions] == [(2, "Be brief."), (1, "Cite.")]
        assert (client.agents.version(made.id, 1)).tools == []
        session = client.sessions.create(agent="researcher")
        assert session.record.agent == made.id
        client.agents.delete(made.id)
        with pytest.raises(errors.NotFound):
            client.agents.get("researcher")


def test_webhooks_are_made_changed_and_forgotten(server: Running) -> None:
    with quick(server.url) as client:
        made = client.webhooks.create(url="https://example.com/hook", events=["turn.completed"])
        assert made.secret.startswith("whsec_")
        assert (client.webhooks.get(made.id)).events == ["turn.completed"]
        assert (client.webhooks.update(made.id, status="disabled")).status == "disabled"
        assert (client.webhooks.rotate(made.id, grace=60)).secret != made.secret
        client.webhooks.update(made.id, status="enabled")
        client.webhooks.test(made.id)
        (delivery,) = client.webhooks.deliveries(made.id).first(5)
        assert (client.webhooks.delivery(made.id, delivery.id)).payload["type"] == "webhook.test"
        assert made.id in [each.id for each in client.webhooks.list()]
        client.webhooks.delete(made.id)
        with pytest.raises(errors.NotFound):
            client.webhooks.get(made.id)
