"""Records the logs that clients of all languages are held against: `python -m tests.client.record_logs`.

Each file of tests/client/logs has what a server sent of a log, byte for byte as text, and what it means: the events,
and the text that the turn has said at its end, as its record has it. A server that runs here says all of it.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.kit.messages_api import Reply, call, messages_api, text
from tests.kit.servers import served

FOLDER = Path(__file__).with_name("logs")
STORY = "Es war einmal ein Hafen — «über» den Kränen 🌊🏴‍☠️, 海の上.\r\n\tZwei\u2028Zeilen."
ZONE = {"type": "function", "name": "zone", "description": "Tell a zone", "parameters": {"type": "object"}}


@dataclass(frozen=True)
class Case:
    """What a model says in a session of such settings, and what is said to it."""

    replies: Sequence[Reply]
    settings: Mapping[str, Any] | None = None
    messages: Sequence[str] = ("Hello",)
    answer: Mapping[str, Any] | None = None
    cancelled: bool = False


CASES: Mapping[str, Case] = {
    "said": Case([Reply([{"type": "thinking", "thinking": "Well …"}, text(STORY)], pieces=5)]),
    "withdrawn": Case([Reply([text("Half a sentence")], then="reset", pieces=4), Reply([text(STORY)])]),
    "used": Case(
        [Reply([text("I write."), call("write_file", path="a.md", content="# ü\n")]), Reply([text("It is written.")])],
        {"file_access": {"read": [""], "write": [""]}},
    ),
    "asked": Case(
        [Reply([call("zone", city="Porto")]), Reply([text("Lisbon's.")])],
        {"tools": [ZONE]},
        answer={"call_id": "toolu_1", "output": "Europe/Lisbon"},
    ),
    "failed": Case([Reply(status=400, error="no")]),
    "cancelled": Case([Reply([call("zone")])], {"tools": [ZONE]}, cancelled=True),
    "two": Case([Reply([text("One.")]), Reply([text("Two.")])], messages=("First", "Second")),
}


def main() -> None:
    """Record all."""
    os.environ.update(NO_PROXY="*")  # the servers are here
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder, messages_api() as model:
            model.replies[:] = case.replies
            environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": "claude-sonnet-5-5"}
            with served(Path(folder) / "data", environ=environ) as server, server.client() as client:
                found = recorded(case, client)
        (FOLDER / f"{name}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def recorded(case: Case, client: httpx.Client) -> dict[str, Any]:
    """Let a case happen, and give what there is to read of it."""
    session = f"/v1/sessions/{client.post('/v1/sessions', json=dict(case.settings or {})).json()['id']}"
    turns = [_turn(case, client, session, message) for message in case.messages]
    last = turns[-1]
    of_session = len(turns) > 1
    path = session if of_session else f"{session}/responses/{last['id']}"
    page = client.get(f"{path}/events", params={"format": "json", "limit": 1000}).json()
    sse = _sse(client, f"{path}/events", len(page["events"]))
    return {
        "turn": "" if of_session else last["id"],
        "sse": sse,
        "events": [[str(each["id"]), each["event"], each["data"]] for each in page["events"]],
        "status": last["status"],
        "text": last["output_text"],
    }


def _turn(case: Case, client: httpx.Client, session: str, message: str) -> dict[str, Any]:
    headers = {"Prefer": "respond-async"}
    sent = client.post(f"{session}/messages", json={"message": message}, headers=headers).json()
    path = f"{session}/responses/{sent['response_id']}"

    def record(until: str) -> dict[str, Any]:
        found: dict[str, Any] = client.get(path, params={"wait": 20, "until": until}).json()
        return found

    if case.answer or case.cancelled:
        assert record("waiting")["pending_tool_calls"]
    if case.answer:
        client.post(f"{session}/tool_results", json={"results": [case.answer]}).raise_for_status()
    if case.cancelled:
        client.post(f"{path}/cancel").raise_for_status()
    return record("ended")


def _sse(client: httpx.Client, path: str, count: int) -> str:
    """Read as many events as there are; a session's stream does not end by itself."""
    said = ""
    with client.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream:
        for piece in stream.iter_text():
            said += piece
            if said.count("\nevent: ") + said.startswith("event: ") >= count and said.endswith("\n\n"):
                return said
    return said


if __name__ == "__main__":
    main()
