"""A session's metadata: merged by key, each change an event."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.kit import sse


def change(client: httpx.Client, session: str, **metadata: Any) -> None:
    assert client.patch(f"/v1/sessions/{session}", json={"metadata": metadata}).status_code == 200


class TestMetadata:
    def test_only_what_changes_is_an_event(self, client: httpx.Client, session: str) -> None:
        change(client, session, a=1, b=2)
        change(client, session, a=1)
        change(client, session)
        change(client, session, a=True, b=None)
        found = sse.pages(client, session, 1000)
        assert [event["data"]["changes"] for event in found] == [{"a": 1, "b": 2}, {"a": True, "b": None}]

    def test_reports_of_the_agent_are_events_of_its_turn(self, client: httpx.Client, session: str) -> None:
        events = sse.send(client, session, "Write a 2-page report on tides to tides.md")
        reported = [event.data["changes"] for event in events if event.event == "metadata.updated"]
        merged: dict[str, Any] = {}
        for changes in reported:
            merged |= changes
        assert reported
        assert client.get(f"/v1/sessions/{session}").json()["metadata"] == merged

    def test_many_writers_lose_no_key_and_no_event(self, client: httpx.Client, session: str) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda n: change(client, session, **{f"key{n}": n}), range(40)))
        assert len(client.get(f"/v1/sessions/{session}").json()["metadata"]) == 40
        found = sse.pages(client, session, 1000)
        assert [event["data"]["sequence_number"] for event in found] == list(range(40))

    def test_too_much_is_refused_and_no_event(self, client: httpx.Client, session: str) -> None:
        for changes in ({"a": "x" * 17_000}, {f"k{n}": None for n in range(5000)}):
            answer = client.patch(f"/v1/sessions/{session}", json={"metadata": changes})
            assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
        assert sse.pages(client, session, 1000) == []
