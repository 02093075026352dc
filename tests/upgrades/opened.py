"""A copy of an older version's data folder, opened by the code as it is, at the time when the folder stood still."""

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.servers import PATIENCE, listening
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

VERSIONS = sorted(path.parent for path in Path(__file__).parent.glob("*/made.json"))


def until(found: Callable[[], Any]) -> Any:
    """Ask again until there is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := found():
            return answer
        threading.Event().wait(0.02)
    raise TimeoutError(found())


@dataclass
class Opened:
    """A folder that is open: what it was made with, and a client of the server that has it."""

    made: dict[str, Any]
    http: httpx.Client
    stack: LocalStack
    clock: ShiftedClock
    data: Path

    def get(self, path: str) -> Any:
        answer = self.http.get(path, headers={"Accept": "application/json"})
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Any, **headers: str) -> Any:
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    def events(self, of: dict[str, Any], turn: str = "") -> list[sse.Seen]:
        """Read a turn to its end."""
        name = turn or of["turn"]
        with self.http.stream("GET", f"/v1/sessions/{of['session']}/responses/{name}/events") as answer:
            return sse.read(answer)

    def record(self, of: dict[str, Any], turn: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/v1/sessions/{of['session']}/responses/{turn or of['turn']}")
        return found

    def answer(self, of: dict[str, Any], **said: Any) -> httpx.Response:
        """Answer all calls that an item waits for."""
        results = [{"call_id": call["call_id"], **said} for call in of["calls"]]
        return self.http.post(f"/v1/sessions/{of['session']}/tool_results", json={"results": results})

    def answer_task(self, said: str) -> None:
        task = self.made["task_parked"]
        results = [{"call_id": call["call_id"], "output": said} for call in task["calls"]]
        self.post(f"/api/agent/timekeeper/{task['task']}/tool_responses", {"results": results})

    def goes_on(self, session: str) -> None:
        """The session is free, and takes another message."""
        assert self.get(f"/v1/sessions/{session}")["busy"] is False
        assert sse.send(self.http, session, "Write a poem about rust.")[-1].event == "message.completed"

    def rows(self, sql: str, *values: str) -> list[Any]:
        """Look into the database."""
        connection = sqlite3.connect(self.data / "walkaway.db")
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()


@contextmanager
def opened(version: Path, into: Path, *, ahead: float = 0.0, deliver: bool = False) -> Iterator[Opened]:
    """Open a copy, `ahead` seconds after it stood still; what its webhooks are told goes out only if `deliver`."""
    made = json.loads((version / "made.json").read_text())
    data = into / "data"
    shutil.copytree(version / "data", data)
    clock = ShiftedClock()
    clock.ahead = made["at"] + ahead - time.time()
    stack = LocalStack(data, Settings(rehearsal_delay=0, outbound_loopback=deliver), clock=clock)
    app = create_app(stack.services, Keyring({}, stack.services.table, clock), DIALECTS)
    stack.run()
    try:
        with listening(app) as url:
            headers = {"Authorization": f"Bearer {made['key']}"}
            with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
                yield Opened(made, client, stack, clock, data)
    finally:
        stack.close()
