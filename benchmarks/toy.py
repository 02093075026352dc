"""The toy: what Python can reach here. The contract as far as the benchmarks' client uses it, and no guarantee but one.

Everything is fsynced before it is shown, in groups, by one thread; there are no keys, no recovery, no fences, and the
model is in the process. Run as `python -m benchmarks.toy PORT FOLDER`.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from benchmarks.model import SHORT, paces

TABLES = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE sessions (id INTEGER PRIMARY KEY, model TEXT);
CREATE TABLE turns (id INTEGER PRIMARY KEY, session INTEGER, status TEXT);
CREATE TABLE events (turn INTEGER, number INTEGER, type TEXT, data TEXT, PRIMARY KEY (turn, number)) WITHOUT ROWID;
"""


class Store(threading.Thread):
    """SQLite with one writer: what waits for it becomes one transaction, and one fsync."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self._waiting: queue.SimpleQueue[tuple[str, tuple[Any, ...], asyncio.Future[None]]] = queue.SimpleQueue()
        self.reader = sqlite3.connect(path)
        self.reader.executescript(TABLES)

    def write(self, sql: str, *values: Any) -> "asyncio.Future[None]":
        """Hand a statement to the writer; the future is done when it is durable."""
        durable = asyncio.get_running_loop().create_future()
        self._waiting.put((sql, values, durable))
        return durable

    def run(self) -> None:
        """Write for ever."""
        database = sqlite3.connect(self._path)
        database.execute("PRAGMA synchronous = FULL")
        while True:
            group = [self._waiting.get()]
            while not self._waiting.empty():
                group.append(self._waiting.get())
            for sql, values, _ in group:
                database.execute(sql, values)
            database.commit()
            group[0][2].get_loop().call_soon_threadsafe(_done, [durable for _, _, durable in group])


def _done(group: "list[asyncio.Future[None]]") -> None:
    for durable in group:
        durable.set_result(None)


class Turn:
    """A turn that runs: its events as far as they are durable."""

    def __init__(self, store: Store, number: int, model: str) -> None:
        self.store, self.number, self.model = store, number, model
        self.frames: list[str] = []
        self._written = 0
        self._news = asyncio.Event()

    def append(self, type_: str, **data: Any) -> "asyncio.Future[None]":
        """Write an event, and show it once it is durable."""
        number, self._written = self._written, self._written + 1
        text = json.dumps({**data, "sequence_number": number, "at": time.time()})
        durable = self.store.write("INSERT INTO events VALUES (?, ?, ?, ?)", self.number, number, type_, text)
        durable.add_done_callback(lambda _: self._show(f"id: {number}\nevent: {type_}\ndata: {text}\n\n"))
        return durable

    def _show(self, frame: str) -> None:
        self.frames.append(frame)
        self._news.set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Let the model speak."""
        async for delta in paces(self.model):
            self.append("text.delta", content=delta)
        self.store.write("UPDATE turns SET status = 'completed' WHERE id = ?", self.number)
        await self.append("message.completed")

    async def follow(self) -> AsyncIterator[str]:
        """Give the events, and what comes, to the end."""
        at = 0
        while not at or not self.frames[at - 1].partition("\n")[2].startswith("event: message.completed"):
            if at == len(self.frames):
                await self._news.wait()
            yield "".join(self.frames[at:])
            at = len(self.frames)


def app(store: Store) -> Starlette:
    """Build the routes."""
    turns: dict[int, Turn] = {}
    tasks: set[asyncio.Task[None]] = set()
    sessions: list[str] = []

    def answer(body: object, status: int = 200) -> Response:
        return Response(json.dumps(body), status, media_type="application/json")

    async def create(request: Request) -> Response:
        sessions.append((await request.json()).get("model", SHORT))
        await store.write("INSERT INTO sessions VALUES (?, ?)", len(sessions), sessions[-1])
        return answer({"id": f"sess_{len(sessions)}"}, 201)

    async def listed(request: Request) -> Response:
        sql = "SELECT id, model FROM sessions ORDER BY id DESC LIMIT ?"
        rows = store.reader.execute(sql, (int(request.query_params["limit"]),))
        return answer([{"id": f"sess_{id_}", "model": model, "busy": False} for id_, model in rows])

    async def send(request: Request) -> Response:
        session = int(request.path_params["id"].removeprefix("sess_"))
        await request.json()
        number = len(turns) + 1
        turn = turns[number] = Turn(store, number, sessions[session - 1])
        store.write("INSERT INTO turns VALUES (?, ?, 'in_progress')", number, session)
        await turn.append("message.created", id=f"msg_{number}")
        task = asyncio.create_task(turn.run())
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        if request.headers.get("prefer") == "respond-async":
            return answer({"response_id": f"msg_{number}", "session_id": f"sess_{session}"}, 202)
        return StreamingResponse(turn.follow(), media_type="text/event-stream")

    async def status(request: Request) -> Response:
        turn = int(request.path_params["turn"].removeprefix("msg_"))
        ((state,),) = store.reader.execute("SELECT status FROM turns WHERE id = ?", (turn,))
        return answer({"id": f"msg_{turn}", "status": state})

    async def events(request: Request) -> Response:
        turn = turns[int(request.path_params["turn"].removeprefix("msg_"))]
        return StreamingResponse(turn.follow(), media_type="text/event-stream")

    async def health(_: Request) -> Response:
        return answer({"status": "ok"})

    routes = [
        Route("/v1/sessions", create, methods=["POST"]),
        Route("/v1/sessions", listed),
        Route("/v1/sessions/{id}/messages", send, methods=["POST"]),
        Route("/v1/sessions/{id}/responses/{turn}", status),
        Route("/v1/sessions/{id}/responses/{turn}/events", events),
        Route("/health", health),
    ]
    return Starlette(routes=routes)


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True)
    made = Store(folder / "toy.db")
    made.start()
    uvicorn.run(app(made), port=int(sys.argv[1]), loop="uvloop", log_level="warning", access_log=False)
