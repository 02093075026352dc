"""Sessions: made, read, listed, changed, deleted (contract A.3, A.4)."""

import threading
import time
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway_core.engine import starting
from walkaway_core.log import metadata
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey

RECORD = {"persistent": False, "ttl": 14400, "busy": False, "status": "ready", "metadata": {}, "response_id": None}


def test_a_session_needs_nothing_and_has_the_contracts_defaults(client: httpx.Client) -> None:
    for answer in (client.post("/v1/sessions"), client.post("/v1/sessions", json={})):
        assert answer.status_code == 201
        record = answer.json()
        assert record.items() >= RECORD.items()
        assert record["file_access"] == {"read": [""], "write": [""]}
        assert record["id"].startswith("sess_")
        assert record["created_at"] == record["last_activity"]
        assert time.time() - 60 < record["created_at"] <= time.time() + 1
        assert record["expires_at"] == pytest.approx(record["created_at"] + 14400)
        assert client.get(f"/v1/sessions/{record['id']}").json() == record


def test_what_is_said_at_create_is_kept(client: httpx.Client) -> None:
    asked: dict[str, Any] = {
        "persistent": True,
        "ttl": 60,
        "metadata": {"a": [1, {"b": None}], "ü": "😀"},
        "file_access": {"read": ["docs", "notes/2026"], "write": []},
        "model": "rehearsal",
        "instructions": "Be brief.",
        "thinking": 2048,
        "max_steps": 7,
        "turn_timeout": 600,
    }
    record = client.post("/v1/sessions", json=asked).json()
    assert record.items() >= asked.items()


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"ttl": -1}, "ttl"),
        ({"ttl": 0}, "ttl"),
        ({"ttl": "60"}, "ttl"),
        ({"ttl": 10**12}, "ttl"),
        ({"persistent": "yes"}, "persistent"),
        ({"inline_tools": 0}, "inline_tools"),
        ({"temperature": False}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"tool_choice": "often"}, "tool_choice"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice"),
        ({"tool_choice": {"type": "tool", "name": "no_such_tool"}}, "tool_choice"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"max_turn_output_tokens": 15}, "max_turn_output_tokens"),
        ({"output_format": {"type": "text"}}, "output_format"),
        ({"output_format": {"type": "json_schema"}}, "output_format.schema"),
        ({"max_cost_usd": "1"}, "max_cost_usd"),
        ({"metadata": []}, "metadata"),
        ({"max_steps": 0}, "max_steps"),
        ({"turn_timeout": 0}, "turn_timeout"),
        ({"turn_timeout": 604_801}, "turn_timeout"),
        ({"thinking": 5}, "thinking"),
        ({"temperature": 1, "persistant": True}, "persistant"),
        ({"file_access": {"reed": [""]}}, "reed"),
        ({"model": "model-of-nowhere"}, "ANTHROPIC_API_KEY"),
        ([], "object"),
        ("text", "object"),
    ],
)
def test_a_wrong_create_is_refused_with_a_sentence(client: httpx.Client, body: Any, word: str) -> None:
    answer = client.post("/v1/sessions", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert word in answer.json()["message"]


@pytest.mark.parametrize("path", ["/etc", "../up", "a/../../b", "x\x00y", "a" * 256])
def test_file_access_takes_only_paths_of_the_workspace(client: httpx.Client, path: str) -> None:
    answer = client.post("/v1/sessions", json={"file_access": {"read": [path]}})
    assert (answer.status_code, answer.json()["error"]) == (403, "path.invalid")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"ttl": ', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b'{"metadata": {"x": NaN}}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"ttl": ' + b"9" * 5000 + b"}", "application/json"),
        (b'{"persistent": true}', "text/plain"),
        (b"persistent=true", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_json_is_refused(client: httpx.Client, content: bytes, kind: str) -> None:
    answer = client.post("/v1/sessions", content=content, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", b'{"metadata": {"x": "\\ud83d"}}'),
        ("", b'{"metadata": {"\\ud83d": 1}}'),
        ("", b'{"instructions": "\\ud83d"}'),
        ("", b'{"\\ud83d": 1}'),
        ("/{id}/messages", b'{"message": "\\ud83d"}'),
    ],
)
def test_text_that_is_no_unicode_is_refused(client: httpx.Client, path: str, body: bytes) -> None:
    url = f"/v1/sessions{path.replace('{id}', sse.new(client))}"
    answer = client.post(url, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_body_beyond_all_reason_is_refused(client: httpx.Client) -> None:
    answer = client.post("/v1/sessions", json={"instructions": "x" * 5_000_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_metadata_is_merged_by_key(client: httpx.Client) -> None:
    url = f"/v1/sessions/{sse.new(client, metadata={'a': 1, 'b': 2})}"
    assert client.patch(url, json={"metadata": {"b": 3, "c": {"d": 4}}}).json()["metadata"] == {
        "a": 1,
        "b": 3,
        "c": {"d": 4},
    }
    assert client.patch(url, json={"metadata": {"a": None}}).json()["metadata"] == {"b": 3, "c": {"d": 4}}
    assert client.patch(url, json={"metadata": {"big": "x" * 16_400}}).status_code == 413
    assert client.patch(url, json={"ttl": 5}).status_code == 400
    assert client.get(url).json()["metadata"] == {"b": 3, "c": {"d": 4}}


def test_concurrent_metadata_changes_are_all_kept(server: Running, client: httpx.Client) -> None:
    url = f"/v1/sessions/{sse.new(client)}"

    def change(number: int) -> None:
        with server.client() as mine:
            for step in range(5):
                assert mine.patch(url, json={"metadata": {f"{number}": step}}).status_code == 200

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.get(url).json()["metadata"] == {str(number): 4 for number in range(6)}


def test_lists_show_the_newest_first_and_go_on_behind_a_cursor(scripted: Running) -> None:
    with scripted.client() as client:
        made = [sse.new(client) for _ in range(5)][::-1]
        assert [record["id"] for record in client.get("/v1/sessions").json()] == made
        page = client.get("/v1/sessions", params={"limit": 2})
        assert [record["id"] for record in page.json()] == made[:2]
        page = client.get("/v1/sessions", params={"limit": 2, "after": page.headers["x-next-cursor"]})
        assert [record["id"] for record in page.json()] == made[2:4]
        page = client.get(page.links["next"]["url"])
        assert [record["id"] for record in page.json()] == made[4:]
        assert "x-next-cursor" not in page.headers


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=%23", "after=msg_1", "page=2"])
def test_a_wrong_page_is_refused(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/v1/sessions?{query}")
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_a_deleted_session_is_gone_at_once(client: httpx.Client) -> None:
    session = sse.new(client, persistent=True)
    response = sse.send(client, session, "Write a poem about doors.")[0].data["id"]
    url = f"/v1/sessions/{session}"
    assert client.delete(url).status_code == 204
    for answer in (
        client.get(url),
        client.delete(url),
        client.patch(url, json={"metadata": {}}),
        client.post(f"{url}/messages", json={"message": "hello"}),
        client.get(f"{url}/responses/{response}/events"),
        client.get(f"{url}/files"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "session.not_found")
    assert session not in [record["id"] for record in client.get("/v1/sessions").json()]


def test_deleting_a_busy_session_cancels_its_turn(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("never finished" * 10)], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        seen: list[sse.Seen] = []

        def read() -> None:
            seen.extend(sse.send(client, session, "go"))

        reader = threading.Thread(target=read)
        reader.start()
        assert reply.reached.wait(20)
        with scripted.client() as other:
            assert other.delete(f"/v1/sessions/{session}").status_code == 204
        reader.join(20)
        assert seen[-1].event == "message.cancelled"


def test_bulk_delete_needs_a_filter_and_knows_its_words(client: httpx.Client) -> None:
    for query in (
        "",
        "?status=busy",
        "?older_than=1d",
        "?older_than=",
        "?older_than=-1h",
        "?older=1h",
        "?older_than=1m1h",
    ):
        answer = client.delete(f"/v1/sessions{query}")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), query


def test_bulk_delete_counts_what_it_deletes(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("busy")], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        idle = [sse.new(client) for _ in range(3)]
        busy = sse.new(client)
        client.post(f"/v1/sessions/{busy}/messages", json={"message": "go"}, headers={"Prefer": "respond-async"})
        assert reply.reached.wait(20)
        assert client.delete("/v1/sessions?status=idle&older_than=1h30m").json() == {"deleted": 0}
        assert client.delete("/v1/sessions?older_than=1h").json() == {"deleted": 0}
        assert client.delete("/v1/sessions?status=idle").json() == {"deleted": 3}
        assert [client.get(f"/v1/sessions/{session}").status_code for session in idle] == [404] * 3
        assert client.get(f"/v1/sessions/{busy}").json()["busy"] is True
        assert client.delete("/v1/sessions?older_than=0s").json() == {"deleted": 1}
        reply.gate.set()  # type: ignore[union-attr]


class TestTitle:
    def test_it_is_the_beginning_of_the_first_message(self, client: httpx.Client) -> None:
        session = sse.new(client)
        url = f"/v1/sessions/{session}"
        assert client.get(url).json()["title"] == ""
        sse.send(client, session, "  Say\n\thello to " + "all " * 40)
        title = client.get(url).json()["title"]
        assert title == ("Say hello to " + "all " * 40)[:80].strip()
        sse.send(client, session, "And goodbye")
        assert client.get(url).json()["title"] == title
        assert {record["id"]: record["title"] for record in client.get("/v1/sessions").json()}[session] == title

    def test_what_somebody_has_said_stays(self, client: httpx.Client) -> None:
        session = sse.new(client)
        url = f"/v1/sessions/{session}"
        assert client.patch(url, json={"title": " Tides \n of Porto "}).json()["title"] == "Tides of Porto"
        sse.send(client, session, "Say hello")
        record = client.patch(url, json={"metadata": {"a": 1}}).json()
        assert (record["title"], record["metadata"]) == ("Tides of Porto", {"a": 1})
        both = client.patch(url, json={"metadata": {"a": None}, "title": ""}).json()
        assert (both["title"], both["metadata"]) == ("", {})
        sse.send(client, session, "Say more")
        assert client.get(url).json()["title"] == "", "it was the second message"

    def test_a_title_alone_is_no_event_of_the_session(self, client: httpx.Client) -> None:
        session = sse.new(client)
        client.patch(f"/v1/sessions/{session}", json={"title": "Tides"})
        assert sse.pages(client, session, 10) == []

    @pytest.mark.parametrize("body", [{}, {"title": "x" * 201}, {"title": 7}])
    def test_what_is_no_change_is_refused(self, client: httpx.Client, body: dict[str, Any]) -> None:
        answer = client.patch(f"/v1/sessions/{sse.new(client)}", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_two_names_at_once_are_not_overwritten_by_the_first_message(
        self, scripted: Running, model: MessagesApi
    ) -> None:
        """Who names a session while its first message is on its way is not outdone by that."""
        model.replies = [Reply([text("hello")])]
        services = scripted.stack.services
        with scripted.client() as client:
            session = sse.new(client)
            key = SessionKey("alpha", session)
            found = sessions.get(services, key)
            metadata.merge(services, key, {}, title="Tides")
            content = [{"type": "text", "text": "Say hello"}]
            assert starting.claim(services, found, starting.Message(content), None) is None
            assert client.get(f"/v1/sessions/{session}").json()["title"] == "Tides"


def test_a_session_shows_its_turns_and_how_the_last_one_ended(scripted: Running, model: MessagesApi) -> None:
    held = Reply([text("never said")], gate=threading.Event())
    model.replies = [Reply([text("one")]), held]
    with scripted.client() as client:
        session = sse.new(client)
        url = f"/v1/sessions/{session}"
        assert (client.get(url).json()["turns"], client.get(url).json()["last_response"]) == (0, None)
        first = sse.send(client, session, "go")[-1].data["id"]
        assert client.get(url).json()["last_response"] == {"id": first, "status": "completed"}
        sent = client.post(f"{url}/messages", json={"message": "on"}, headers={"Prefer": "respond-async"}).json()
        assert held.reached.wait(20)
        record = client.get(url).json()
        assert (record["turns"], record["last_response"]["id"]) == (2, first)
        client.post(f"{url}/responses/{sent['response_id']}/cancel")
        held.gate.set()  # type: ignore[union-attr]
        assert client.get(url).json()["last_response"] == {"id": sent["response_id"], "status": "cancelled"}
