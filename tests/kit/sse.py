"""Reads Server-Sent Events strictly, as the HTML standard says, and nothing else."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Seen:
    id: int
    event: str
    data: dict[str, Any]


def blocks(lines: Iterable[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield id, event and data."""
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, colon, value = line.partition(": ")
            assert colon, line
            fields.append((name, value))
            continue
        if fields:
            assert [name for name, _ in fields] == ["id", "event", "data"], fields
            yield fields[0][1], fields[1][1], json.loads(fields[2][1])
        fields = []


def parse(lines: Iterable[str]) -> Iterator[Seen]:
    for cursor, event, data in blocks(lines):
        assert data["sequence_number"] == int(cursor)
        yield Seen(int(cursor), event, data)


def read(answer: httpx.Response) -> list[Seen]:
    assert answer.status_code == 200, answer.read()
    assert answer.headers["content-type"].startswith("text/event-stream")
    return list(parse(answer.iter_lines()))


def send(client: httpx.Client, session: str, message: str) -> list[Seen]:
    """Send a message and read its stream to the end."""
    with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": message}) as answer:
        return read(answer)


def text(events: Iterable[Seen]) -> str:
    return "".join(event.data["content"] for event in events if event.event == "text.delta")


def new(client: httpx.Client, **options: Any) -> str:
    """Create a session; give its id."""
    answer = client.post("/v1/sessions", json=options)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def pages(client: httpx.Client, session: str, limit: int, after: str = "") -> list[dict[str, Any]]:
    """Read everything that is there, page by page."""
    events: list[dict[str, Any]] = []
    while True:
        page = client.get(f"/v1/sessions/{session}/events", params={"after": after, "limit": limit}).json()
        assert len(page["events"]) <= limit
        events += page["events"]
        if not page["events"]:
            assert page["next"] == after
            return events
        after = page["next"]
