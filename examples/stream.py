"""Read a stream, lose it in the middle, go on from the last event, and see that nothing is missing."""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx

client = httpx.Client(
    base_url=os.environ.get("WALKAWAY_URL", "http://127.0.0.1:8005"),
    headers={"Authorization": f"Bearer {os.environ.get('WALKAWAY_KEY', 'none')}"},
    trust_env="WALKAWAY_URL" in os.environ,  # no proxy stands before this machine
    timeout=60,
)


def events(stream: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield id, type and data of each event."""
    fields: dict[str, str] = {}
    for line in stream.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif not line and "data" in fields:
            yield fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}


session = client.post("/v1/sessions").raise_for_status().json()["id"]
text, last = "", "-1"
with client.stream(
    "POST", f"/v1/sessions/{session}/messages", json={"message": "Write a poem about trains."}
) as stream:
    response = stream.raise_for_status().headers["X-Response-Id"]
    for last, kind, data in events(stream):
        if kind == "text.delta":
            text += data["content"]
            break
print(f"lost the stream after event {last}, with the text {text!r}")

log = f"/v1/sessions/{session}/responses/{response}/events"
with client.stream("GET", log, headers={"Last-Event-ID": last}) as stream:
    for number, kind, data in events(stream.raise_for_status()):
        assert int(number) == int(last) + 1, "an event is missing"
        last = number
        if kind == "text.delta":
            text += data["content"]
print(text)
