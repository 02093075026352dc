"""An agent whose model says what a test wants."""

from typing import Any

import httpx

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text


class Agent:
    """A session whose model runs the commands that a test names."""

    def __init__(self, client: httpx.Client, api: MessagesApi, **options: Any) -> None:
        self.client = client
        self.api = api
        self.session = sse.new(self.client, persistent=True, **options)

    def bash(self, command: str, **arguments: Any) -> str:
        """Run a command; give what the model is told."""
        result = self.events(command, **arguments)
        return next(str(event.data["content"]) for event in result if event.event == "tool_result")

    def events(self, command: str, **arguments: Any) -> list[sse.Seen]:
        self.api.replies = [Reply([call("bash", command=command, **arguments)]), Reply([text("done")])]
        events = sse.send(self.client, self.session, "go")
        assert events[-1].event == "message.completed", events[-1]
        return events

    def put(self, path: str, content: bytes) -> None:
        assert self.client.put(f"/v1/sessions/{self.session}/files/{path}", content=content).status_code == 201

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/v1/sessions/{self.session}/files/{path}")

    def names(self, path: str = "") -> list[str]:
        answer = self.client.get(f"/v1/sessions/{self.session}/files", params={"path": path})
        return [entry["name"] for entry in answer.json()]
