"""A bot that is called: webhooks over a socket, unwrapped by the SDK; the session behind each says whose it is."""

# These words are drawn: ferry harbour tide quay
import json
import os
import queue
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from anthropic import Anthropic
from standardwebhooks import WebhookVerificationError

client = Anthropic()
came: "queue.Queue[tuple[str, str, object]]" = queue.Queue()
secrets: dict[str, str] = {}
PATIENCE = 30


class Receiver(BaseHTTPRequestHandler):
    """Takes what is signed with its endpoint's secret, and leaves the work to others."""

    def do_POST(self) -> None:
        """Answer at once."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        try:
            event = client.beta.webhooks.unwrap(body, headers=dict(self.headers), key=secrets[self.path])
        except WebhookVerificationError:
            status = 400
        else:
            status = 200
            came.put((self.path, self.headers["webhook-id"], event))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def native(method: str, path: str, body: object = None) -> object:
    """Ask what the SDK has no method for: no version, so it is the sessions API that answers."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {os.environ['ANTHROPIC_API_KEY']}"}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(os.environ["ANTHROPIC_BASE_URL"] + path, data, headers, method=method)
    with urllib.request.urlopen(asked) as answer:
        return json.loads(answer.read() or "null")


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"


def endpoint(path: str, **more: object) -> str:
    made = native("POST", "/v1/webhooks", {"url": address + path, "format": "managed", **more})
    secrets[path] = made["secret"]
    return made["id"]


endpoints = [endpoint("/bot"), endpoint("/pager", events=["session.requires_action"])]
environment = client.beta.environments.create(name="harbour-bots")
agent = client.beta.agents.create(
    name="harbour-bot",
    model="claude-sonnet-5-5",
    tools=[
        {
            "type": "custom",
            "name": "get_tide",
            "description": "Tells the tide.",
            "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
        }
    ],
)
ours: dict[str, str | None] = {}


def begin(thread: str | None, text: str) -> str:
    session = client.beta.sessions.create(
        agent=agent.id,
        environment_id=environment.id,
        metadata={"thread": thread} if thread else {},
        initial_events=[{"type": "user.message", "content": [{"type": "text", "text": text}]}],
    )
    ours[session.id] = thread
    return session.id


seen: set[tuple[str, str]] = set()
"""Where what has come: an event has one id, to whomever it is told."""
told: Counter[str] = Counter()
posts: dict[str, list[str]] = defaultdict(list)
known: dict[str, int] = {}
ignored: set[str] = set()


def take(count: int) -> None:
    """Take so many events that are ours and new."""
    taken = 0
    while taken < count:
        path, id_, event = came.get(timeout=PATIENCE)
        if event.data.id not in ours or (path, id_) in seen:
            continue
        seen.add((path, id_))
        assert (event.id, event.type) == (id_, "event")
        taken += 1
        told[f"{path} {event.data.type}"] += 1
        if path == "/bot" and event.data.type == "session.status_idled":
            look(event.data.id)


def look(session_id: str) -> None:
    """Fetch what the event is about: whose the session is, what is new there, what it waits for."""
    thread = client.beta.sessions.retrieve(session_id).metadata.get("thread")
    if thread is None:
        ignored.add(session_id)
        return
    events = list(client.beta.sessions.events.list(session_id))
    for event in events[known.get(session_id, 0) :]:
        if event.type == "agent.message":
            posts[thread] += [" ".join("".join(block.text for block in event.content).split())]
    known[session_id] = len(events)
    if events[-1].type == "session.status_idle" and events[-1].stop_reason.type == "requires_action":
        by_id = {event.id: event for event in events}
        answers = [
            {
                "type": "user.custom_tool_result",
                "custom_tool_use_id": id_,
                "content": [{"type": "text", "text": f"high at {by_id[id_].input['at']}"}],
            }
            for id_ in events[-1].stop_reason.event_ids
        ]
        client.beta.sessions.events.send(session_id, events=answers)


first = begin("one", "Tell me about the ferry")
second = begin("two", 'How is the tide in "quay-7"?')
other = begin(None, "Say hello to the harbour")
# three are made, begin and rest; the second waits before and goes on, of which both endpoints are told
take(3 + 4 + 4 + 2)
for name, count in sorted(told.items()):
    print("told:", name, count)
for thread in sorted(posts):
    print(f"{thread}:", " | ".join(posts[thread]))
print("ignored:", ignored == {other})

told.clear()
client.beta.sessions.update(first, title="A ferry")
client.beta.sessions.archive(second)
client.beta.sessions.delete(other)
take(1 + 2 + 1)
print("then:", ", ".join(f"{name} {count}" for name, count in sorted(told.items())))

[*deliveries] = native("GET", f"/v1/webhooks/{endpoints[0]}/deliveries")
once_more = deliveries[0]["id"]
native("POST", f"/v1/webhooks/{endpoints[0]}/deliveries/{once_more}/redeliver")
while came.get(timeout=PATIENCE)[:2] != ("/bot", once_more):
    pass
print("again:", ("/bot", once_more) in seen, len({each["id"] for each in deliveries}) == len(deliveries))
forged = {"webhook-id": once_more, "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,bm9uZQ=="}
try:
    urllib.request.urlopen(urllib.request.Request(f"{address}/bot", b"{}", forged))
except urllib.error.HTTPError as refused:
    print("forged:", refused.code)
for each in endpoints:
    native("DELETE", f"/v1/webhooks/{each}")
server.shutdown()
