"""A dialect of the tests: claims `/v1/sessions` by a header, and does everything else in its own way, too."""

import threading
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.exceptions import HTTPException

from walkaway_core.engine import creating, sending
from walkaway_core.errors import WalkawayError
from walkaway_core.http.access import Called
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.http.errors import Errors
from walkaway_core.http.streaming import streamed
from walkaway_core.ports.items import Absent, Item, Key
from walkaway_core.store import due
from walkaway_core.store.extensions import Format, Projection
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn

HEADER, KEY = "x-toy", "x-toy-key"
MOST = 1000
RANG = threading.Event()
"""Set when the sweep has acted on a due item of this dialect's kind."""
router = APIRouter()


@router.post("/v1/sessions")
def play(caller: Called, asked: dict[str, str]) -> dict[str, str]:
    """Make a session of the toy's, and send it what is asked."""
    services = caller.services
    session = creating.create(services, caller.tenant, SessionOptions(persistent=True), {})
    turn = sending.send(services, session.key, asked["say"], facts={"toy": "yes"}).turn
    return {"toy": turn.key.turn, "session": session.key.session}


@router.get("/v1/sessions")
def listing(caller: Called) -> list[str]:
    """List the toy's turns, with how they stand."""
    items = caller.services.table.query(_list(caller.tenant)).items
    return [f"{item.sk} {item.text('state')} {item.number('moves')} {item.number('calls')}" for item in items]


@router.post("/v1/sessions/large")
async def take(request: Request) -> int:
    """Take an upload of any size; give its length."""
    return sum([len(piece) async for piece in request.stream()])


@router.post("/v1/sessions/begin")
async def begin(request: Request) -> Response:
    """Answer as soon as the first piece of a body is there."""
    first = await anext(request.stream())
    return PlainTextResponse(first)


@router.get("/v1/sessions/stream")
@streamed
def stream() -> Response:
    """Stream."""
    return StreamingResponse(iter(["a", "b"]), media_type="text/plain")


@router.get("/v1/sessions/broken")
def broken() -> None:
    """Break."""
    raise RuntimeError("the toy is broken")


@router.get("/v1/sessions/ring")
def ring(caller: Called) -> None:
    """Have the sweep ring at once."""
    tx = Transaction(caller.services.table)
    due.watch(tx, caller.services.clock.now(), "toy.ring", "toy", {})
    tx.commit()


def _list(tenant: str) -> str:
    return f"T#{tenant}#TOYS"


class Toys(Projection):
    """Lists the toy's turns, with their status, and counts their moves and calls."""

    def session_made(self, services: Services, tx: Transaction, session: Session) -> None:
        del services
        tx.put(Item(f"T#{session.key.tenant}#TOYSESSIONS", session.key.session), Absent())

    def session_deleted(self, services: Services, tx: Transaction, session: Session) -> None:
        del services
        tx.delete((f"T#{session.key.tenant}#TOYSESSIONS", session.key.session))

    def turn_made(self, services: Services, tx: Transaction, turn: Turn) -> None:
        del services
        if "toy" in turn.facts:
            facts = {"state": turn.status, "moves": 0, "calls": 0}
            tx.put(Item(_list(turn.key.tenant), turn.key.turn, facts), Absent())

    def turn_moved(self, services: Services, tx: Transaction, before: Turn, after: Turn) -> None:
        del services
        if "toy" in before.facts:
            key = (_list(before.key.tenant), before.key.turn)
            tx.change(key, set={"state": after.status}, add={"moves": 1})

    def call_ended(self, services: Services, tx: Transaction, turn: Turn, call: str) -> None:
        del services, call
        if "toy" in turn.facts:
            tx.change((_list(turn.key.tenant), turn.key.turn), add={"calls": 1})

    def turn_removed(self, services: Services, tx: Transaction, turn: Turn) -> None:
        del services
        if "toy" in turn.facts:
            tx.delete((_list(turn.key.tenant), turn.key.turn))


class ToyErrors(Errors):
    """Says `toy: STATUS: …` as text."""

    def ours(self, request: Request, error: WalkawayError) -> Response:
        return self._say(request, self.status_of(error), str(error))

    def validation(self, request: Request, error: RequestValidationError) -> Response:
        return self._say(request, 400, f"{len(error.errors())} wrong")

    def routing(self, request: Request, error: HTTPException) -> Response:
        return self._say(request, error.status_code, str(error.detail))

    def failure(self, request: Request) -> Response:
        return self._say(request, 500, "broken")

    def _say(self, request: Request, status: int, text: str) -> Response:
        return PlainTextResponse(f"toy: {status}: {request.headers.get(HEADER, 'no header')}: {text}", status)


def _body(services: Services, notice: Notice, turn: Turn | None) -> Mapping[str, Any] | None:
    del services
    if turn is None or "toy" not in turn.facts:
        return None
    return {"toy_event": notice.kind, "toy": turn.key.turn}


def _ring(services: Services, key: Key, detail: Mapping[str, Any], until: float) -> None:
    del detail, until
    RANG.set()
    tx = Transaction(services.table)
    tx.delete(key)
    tx.commit()


def _surface() -> Surface:
    return Surface(
        [router],
        ToyErrors(),
        "Toy",
        "A toy",
        key=lambda request: request.headers.get(KEY),
        headers=lambda request: {"X-Toy-Answer": request.method},
        body_bytes=MOST,
        uploads=lambda request: request.url.path.endswith("/large"),
    )


DIALECT = Dialect(
    "toy",
    _surface,
    headers=("x-other-toy", HEADER),
    claims=("/v1/sessions",),
    mount="/toy",
    projections=(Toys(),),
    webhook=Format(_body, frozenset({"turn.completed"})),
    acts={"toy.ring": _ring},
)
