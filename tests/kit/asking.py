"""Turns that wait for the caller, as tests see them."""

import json
import threading
from typing import Any

import httpx

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text

JSON = {"Content-Type": "application/json"}
TIME: dict[str, Any] = {
    "type": "function",
    "name": "get_time",
    "description": "Tells the time",
    "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]},
}
WEATHER: dict[str, Any] = {**TIME, "name": "get_weather", "description": "Tells the weather"}


class Asking:
    """A session whose turn waits for the caller. `replies` are what the model says before it is done."""

    def __init__(self, client: httpx.Client, api: MessagesApi, /, *calls: Any, then: Any = (), **options: Any) -> None:
        self.client, self.model = client, api
        api.replies = [Reply(list(calls)), *then, Reply([text("done")])]
        self.asked = len(api.requests)
        options = {"tools": [TIME, WEATHER], "persistent": True} | options
        self.session = sse.new(client, **options)
        self.turn = self.send("go")

    def send(self, message: str, **fields: Any) -> str:
        answer = self.client.post(
            f"{self.url}/messages", json={"message": message, **fields}, headers={"Prefer": "respond-async"}
        )
        assert answer.status_code == 202, answer.text
        turn: str = answer.json()["response_id"]
        return turn

    @property
    def url(self) -> str:
        return f"/v1/sessions/{self.session}"

    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{self.url}/responses/{self.turn}").json()
        return found

    def pending_now(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(self.url).json()["pending_tool_calls"]
        return found

    def pending(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many calls wait."""
        for _ in range(1200):
            found = self.pending_now()
            if len(found) == count:
                return found
            threading.Event().wait(0.025)
        raise AssertionError(f"{found} wait, not {count}")

    def answer(self, *results: dict[str, Any]) -> httpx.Response:
        body = json.dumps({"results": list(results)})  # httpx would not send half of a surrogate pair
        return self.client.post(f"{self.url}/tool_results", content=body, headers=JSON)

    def end(self) -> list[sse.Seen]:
        """Read the turn to its end."""
        with self.client.stream("GET", f"{self.url}/responses/{self.turn}/events") as answer:
            return sse.read(answer)

    def told(self) -> list[tuple[str, bool]]:
        """What the model was told of the calls, and whether that was an error."""
        said = self.model.requests[-1]["messages"]
        blocks = [block for message in said for block in message["content"]]
        return [(str(b["content"]), bool(b.get("is_error"))) for b in blocks if b["type"] == "tool_result"]


def output(call_id: str, said: Any = "12:04", **more: Any) -> dict[str, Any]:
    return {"call_id": call_id, "output": said, **more}


def yes(call_id: str) -> dict[str, Any]:
    return {"call_id": call_id, "approve": True}


def no(call_id: str, reason: str = "") -> dict[str, Any]:
    return {"call_id": call_id, "approve": False, "reason": reason}


def time_call(call_id: str = "toolu_time") -> dict[str, Any]:
    return call("get_time", call_id, zone="Europe/Paris")


def weather_call(call_id: str = "toolu_weather") -> dict[str, Any]:
    return call("get_weather", call_id, zone="Europe/Paris")


def error(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["error"]
