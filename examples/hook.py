"""No connection at all: a webhook says that a turn waits, and this program answers.

Needs a server that may call this machine (`WALKAWAY_OUTBOUND_LOOPBACK=yes`), or an address of your own before it.
"""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from walkaway import Walkaway, tool
from walkaway.errors import SignatureInvalid

client = Walkaway()


@tool
def get_current_time() -> str:
    """Tell what time it is where this program runs."""
    return datetime.now(UTC).isoformat()


class Hook(BaseHTTPRequestHandler):
    """Takes what is posted."""

    secret = ""
    over = False

    def do_POST(self) -> None:
        """Answer the turn's calls; say 204, as whoever is told something should at once."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = client.webhooks.unwrap(dict(self.headers), body, secret=Hook.secret)
        except SignatureInvalid:
            self.send_error(401)
            return
        if event.type == "turn.awaiting_tools":
            for call in event.tool_calls:
                event.turn.answer(call, get_current_time(**call.arguments))
        print(event.type, event.turn.text)
        Hook.over = event.type == "turn.completed"
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing of requests."""


with HTTPServer(("127.0.0.1", 0), Hook) as server:
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    hook = client.webhooks.create(url=address, events=["turn.awaiting_tools", "turn.completed"])
    Hook.secret = hook.secret
    client.sessions.create(tools=[get_current_time]).send("What time is it?")
    while not Hook.over:
        server.handle_request()
    client.webhooks.delete(hook.id)
