"""A dialect plugs in: one that the tests bring claims requests, and adds to the engine, without a change elsewhere."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.kit import both, toy
from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.receivers import Answer, receiving
from tests.kit.servers import PATIENCE, running
from tests.kit.shapes import Deployed, Shape, until
from walkaway_core.dialects import DIALECTS
from walkaway_core.dialects.native import DIALECT as NATIVE
from walkaway_core.doors import sweep
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.chooser import Ambiguous, Chooser
from walkaway_core.http.dialect import Dialect, Surface, extensions
from walkaway_core.log import log
from walkaway_core.ports.items import Item
from walkaway_core.settings import Settings
from walkaway_core.store import due
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services

WITH_TOY = (*DIALECTS, toy.DIALECT)


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:  # never asked: the toy's sessions are the offline model's
        yield service


@pytest.fixture(scope="module", params=[pytest.param("deployed", marks=pytest.mark.deep), "local"])
def shape(
    request: pytest.FixtureRequest, model: MessagesApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shape]:
    with both.one(request.param, model, tmp_path_factory.mktemp("toy"), WITH_TOY) as found:
        own = found.deployment.services.values() if isinstance(found, Deployed) else [found.services]
        for services in own:
            object.__setattr__(services.settings, "outbound_loopback", True)
        yield found


@pytest.fixture(scope="module")
def key(shape: Shape) -> str:
    with shape.client() as mine:
        headers = mine.headers
        return headers.get("X-API-Key") or headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def client(shape: Shape) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shape.url, timeout=60) as found:
        yield found


@pytest.fixture
def theirs(key: str) -> dict[str, str]:
    """Headers of the toy's clients."""
    return {toy.HEADER: "1", toy.KEY: key}


@pytest.fixture
def mine(key: str) -> dict[str, str]:
    """Headers of everybody else."""
    return {"Authorization": f"Bearer {key}"}


def play(client: httpx.Client, theirs: dict[str, str], say: str) -> tuple[str, str]:
    """Have the toy play; give its turn and its session."""
    answer = client.post("/v1/sessions", json={"say": say}, headers=theirs).json()
    return answer["toy"], answer["session"]


def listed(shape: Shape, client: httpx.Client, theirs: dict[str, str], name: str) -> str:
    """Wait until the toy's list says that a turn is completed."""
    found: list[str] = []

    def done() -> bool:
        rows: list[str] = client.get("/v1/sessions", headers=theirs).json()
        found[:] = [row for row in rows if row.startswith(name)]
        return found[0].split()[1] == "completed"

    until(done, shape)
    return found[0]


def items(shape: Shape, pk: str) -> tuple[Item, ...]:
    return shape.services.table.query(pk).items


def test_a_header_decides_whose_a_request_is(
    client: httpx.Client, theirs: dict[str, str], mine: dict[str, str]
) -> None:
    assert client.post("/v1/sessions", headers=mine).json()["busy"] is False
    assert set(client.post("/v1/sessions", json={"say": "go"}, headers=theirs).json()) == {"toy", "session"}
    assert client.get("/v1/sessions", headers={**mine, "X-Other-Toy": ""}).headers["x-toy-answer"] == "GET"
    assert "x-toy-answer" not in client.get("/v1/sessions", headers=mine).headers
    assert client.get("/v1/agents", headers={**mine, **theirs}).json() == [], "it claims no such path"


def test_below_its_prefix_everything_is_its_own(client: httpx.Client, key: str) -> None:
    its = {toy.KEY: key}
    assert client.get("/toy/v1/sessions", headers=its).headers["x-toy-answer"] == "GET"
    assert client.get("/toy/v1/sessions/stream", headers=its).text == "ab"
    assert client.get("/toy/v1/agents", headers=its).text == "toy: 404: no header: Not Found"
    assert client.delete("/toy/v1/sessions", headers=its).text.startswith("toy: 405: ")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/sessions", "", 401),
        ("GET", "/v1/sessions/nowhere", "", 404),
        ("DELETE", "/v1/sessions", "", 405),
        ("POST", "/v1/sessions", "x" * (toy.MOST + 1), 413),
        ("POST", "/v1/sessions", "[]", 400),
        ("GET", "/v1/sessions/broken", "", 500),
    ],
)
def test_every_refusal_is_in_its_words(
    client: httpx.Client, theirs: dict[str, str], method: str, path: str, body: str, status: int
) -> None:
    headers = {toy.HEADER: "1"} if status == 401 else {**theirs, "Content-Type": "application/json"}
    answer = client.request(method, path, headers=headers, content=body)
    assert answer.status_code == status
    assert answer.text.startswith(f"toy: {status}: 1: ")
    assert answer.headers["x-toy-answer"] == method


def test_a_body_is_counted_while_it_comes(client: httpx.Client, theirs: dict[str, str]) -> None:
    pieces = [b'{"say": "', b"x" * toy.MOST, b'"}']  # in pieces, so that nobody says how long it is
    answer = client.post("/v1/sessions", headers={**theirs, "Content-Type": "application/json"}, content=iter(pieces))
    assert (answer.status_code, answer.headers["x-toy-answer"]) == (413, "POST")
    assert answer.text.startswith(f"toy: 413: 1: The body is larger than {toy.MOST} bytes")


def test_its_uploads_are_not_limited(client: httpx.Client, theirs: dict[str, str]) -> None:
    assert client.post("/v1/sessions/large", headers=theirs, content=b"x" * (toy.MOST + 1)).json() == toy.MOST + 1


def test_a_stream_has_its_headers_too(client: httpx.Client, theirs: dict[str, str]) -> None:
    answer = client.get("/v1/sessions/stream", headers=theirs)
    assert (answer.text, answer.headers["x-toy-answer"]) == ("ab", "GET")


def test_its_list_moves_in_the_transactions_that_move_turns(
    shape: Shape, client: httpx.Client, theirs: dict[str, str], mine: dict[str, str]
) -> None:
    name, session = play(client, theirs, "Write a memo on tides to tides.md")
    row = listed(shape, client, theirs, name).split()
    assert row[:3] == [name, "completed", "2"], "it took its first step, and it ended"
    events = log.events(shape.services, TurnKey("alpha", "", name), items(shape, f"T#alpha#{name}"))
    assert int(row[3]) == sum(event.type == "tool_result" for event in events) > 0
    before = {item.sk for item in items(shape, "T#alpha#TOYSESSIONS")}
    native = client.post("/v1/sessions", headers=mine).json()["id"]
    assert {item.sk for item in items(shape, "T#alpha#TOYSESSIONS")} - before == {native}
    for deleted in (native, session):
        client.delete(f"/v1/sessions/{deleted}", headers=mine)
    assert {item.sk for item in items(shape, "T#alpha#TOYSESSIONS")} == before - {session}
    shape.clock.ahead += 21 * 60
    until(lambda: name not in {item.sk for item in items(shape, "T#alpha#TOYS")}, shape)


def test_its_webhooks_say_what_it_wants(
    shape: Shape, client: httpx.Client, theirs: dict[str, str], mine: dict[str, str]
) -> None:
    with receiving() as receiver:
        receiver.answer = lambda _: Answer(200)
        asked = {"url": f"{receiver.url}/toy", "format": "toy"}
        made = client.post("/v1/webhooks", json=asked, headers=mine)
        assert made.status_code == 201, made.text
        name, _ = play(client, theirs, "go")
        listed(shape, client, theirs, name)
        until(lambda: any(got.json["toy"] == name for got in receiver.got), shape)
        told = [got.json for got in receiver.got]  # of an earlier test's turn, too, if that ended just now
        assert [body for body in told if body["toy"] == name] == [{"toy_event": "turn.completed", "toy": name}]
        assert {body["toy_event"] for body in told} == {"turn.completed"}
        client.delete(f"/v1/webhooks/{made.json()['id']}", headers=mine)
    unknown = client.post("/v1/webhooks", json={**asked, "format": "no such"}, headers=mine)
    assert (unknown.status_code, "native, runs, workflows, responses, managed, toy" in unknown.text) == (400, True)


def test_the_sweep_acts_on_its_due_items(shape: Shape, client: httpx.Client, theirs: dict[str, str]) -> None:
    toy.RANG.clear()
    assert client.get("/v1/sessions/ring", headers=theirs).status_code == 200
    until(toy.RANG.is_set, shape)


def test_it_has_a_document_and_a_page(client: httpx.Client) -> None:
    assert "openapi/toy.json" in client.get("/docs?api=toy").text
    document = client.get("/openapi/toy.json").json()
    assert (document["info"]["title"], "/v1/sessions/ring" in document["paths"]) == ("Toy", True)
    assert "/v1/sessions/ring" not in client.get("/openapi.json").json()["paths"]


@pytest.mark.parametrize(("length", "sent", "status"), [(9, "first", 200), (toy.MOST + 1, "", 413)])
def test_nobody_waits_for_the_rest_of_a_body(tmp_path: Path, length: int, sent: str, status: int) -> None:
    with running(tmp_path / "data", Settings(), dialects=WITH_TOY) as server:
        url = httpx.URL(server.url)
        with socket.create_connection((url.host, url.port or 0), timeout=30) as connection:
            head = f"POST /v1/sessions/begin HTTP/1.1\r\nHost: {url.host}\r\n"
            connection.sendall(f"{head}X-Toy: 1\r\nContent-Length: {length}\r\n\r\n{sent}".encode())
            assert connection.recv(100).startswith(f"HTTP/1.1 {status}".encode())


def every_door(*dialects: Dialect) -> None:
    found = chooser(*dialects)
    for dialect in dialects:
        found.door(dialect)


def chooser(*dialects: Dialect) -> Chooser:
    services = Services(*([None] * 7), settings=Settings())  # type: ignore[arg-type,misc]
    return create_app(services, Keyring({}), dialects)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(toy.DIALECT, name="other", headers=(), claims=(), mount="", at=("/v1/sessions",)), "requests for it"),
        (replace(toy.DIALECT, name="other", mount="/other"), "both claim requests by"),
        (replace(toy.DIALECT, name="other", headers=("y",), claims=("/v1/agents",), mount="/toy"), "both are at /toy"),
        (replace(toy.DIALECT, name="other", headers=("y",), claims=("/v1/agents",), mount=""), "are native's"),
    ],
    ids=["a path of another's", "one header", "one mount", "an address that nothing leads to"],
)
def test_what_is_ambiguous_fails_at_the_start(other: Dialect, why: str) -> None:
    with pytest.raises(Ambiguous, match=why):
        every_door(NATIVE, toy.DIALECT, other)


def test_a_dialects_app_is_made_when_it_is_asked_for(tmp_path: Path) -> None:
    made = []

    def surface() -> Surface:
        made.append("toy")
        return toy.DIALECT.surface()

    dialects = [NATIVE, replace(toy.DIALECT, surface=surface)]
    with (
        running(tmp_path / "data", Settings(), dialects=dialects) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        assert client.get("/v1/sessions").status_code == 200
        assert made == []
        with ThreadPoolExecutor(4) as many:
            answers = list(many.map(lambda _: client.get("/toy/v1/sessions/ring").status_code, range(8)))
    assert (set(answers), made) == ({answers[0]}, ["toy"])


def test_a_prefix_goes_before_what_another_dialect_claims() -> None:
    greedy = replace(toy.DIALECT, name="other", headers=("X-Greedy",), claims=("/",), mount="/toy/other")
    found = chooser(NATIVE, greedy, toy.DIALECT)
    assert found.choose("/v1/sessions", ["x-greedy"]) is greedy, "names of headers have no case"
    assert found.choose("/toy/v1/sessions", ["x-greedy"]) is toy.DIALECT
    assert found.choose("/toy/other/v1/sessions", ["x-toy"]) is greedy
    assert found.choose("/v1/agents", ["x-toy"]) is NATIVE
    with pytest.raises(Ambiguous, match="both claim requests by x-toy"):
        chooser(NATIVE, toy.DIALECT, replace(greedy, headers=("X-Toy",)))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(toy.DIALECT, name="other"), r"toy\.ring"),
        (replace(toy.DIALECT, acts={}), "two dialects are called 'toy'"),
        (replace(toy.DIALECT, name="other", acts={"turn": toy.DIALECT.acts["toy.ring"]}), "'turn' are the engine's"),
    ],
    ids=["a kind twice", "a name twice", "a kind of the engine's"],
)
def test_what_dialects_add_cannot_replace_anything(other: Dialect, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        extensions([toy.DIALECT, other])


def test_the_engines_kinds_are_those_that_the_sweep_acts_on() -> None:
    assert sweep.ACTS.keys() == due.KINDS
