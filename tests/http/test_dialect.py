"""A dialect plugs in: one that the tests bring claims requests, and adds to the engine, without a change elsewhere."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from tests.kit import toy
from tests.kit.receivers import Answer, receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.dialects import DIALECTS
from walkaway_core.dialects.native import DIALECT as NATIVE
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.chooser import Ambiguous, Chooser
from walkaway_core.http.dialect import Dialect, extensions
from walkaway_core.log import log
from walkaway_core.ports.items import Item
from walkaway_core.settings import Settings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services

WITH_TOY = (*DIALECTS, toy.DIALECT)
TOY = {toy.HEADER: "1", toy.KEY: "alpha-key"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(keys=KEYS, rehearsal_delay=0, outbound_loopback=True)
    with running(tmp_path_factory.mktemp("toy"), settings, dialects=WITH_TOY) as found:
        yield found


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as found:
        yield found


def play(client: httpx.Client, say: str) -> str:
    answer = client.post("/v1/sessions", json={"say": say}, headers=TOY)
    name: str = answer.json()["toy"]
    return name


def listed(client: httpx.Client, name: str, *ends: str) -> str:
    """Wait until the toy's list says that a turn stands so."""
    for _ in range(1000):
        rows: list[str] = client.get("/v1/sessions", headers=TOY).json()
        row = next(row for row in rows if row.startswith(name))
        if row.split()[1] in (ends or ("completed",)):
            return row
    raise AssertionError(rows)


def items(server: Running, pk: str) -> tuple[Item, ...]:
    return server.stack.services.table.query(pk).items


def test_a_header_decides_whose_a_request_is(client: httpx.Client) -> None:
    mine = {"Authorization": "Bearer alpha-key"}
    assert client.post("/v1/sessions", headers=mine).json()["busy"] is False
    assert set(client.post("/v1/sessions", json={"say": "Write a poem"}, headers=TOY).json()) == {"toy"}
    assert client.get("/v1/sessions", headers={**mine, "X-Other-Toy": ""}).headers["x-toy-answer"] == "GET"
    assert "x-toy-answer" not in client.get("/v1/sessions", headers=mine).headers
    assert client.get("/v1/agents", headers={**mine, **TOY}).json() == [], "it claims no such path"
    assert client.get("/toy/v1/sessions", headers={toy.KEY: "alpha-key"}).headers["x-toy-answer"] == "GET"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/v1/sessions", {toy.HEADER: "1"}, None, 401),
        ("GET", "/v1/sessions/nowhere", TOY, None, 404),
        ("DELETE", "/v1/sessions", TOY, None, 405),
        ("POST", "/v1/sessions", TOY, {"say": "x" * toy.MOST}, 413),
        ("POST", "/v1/sessions", TOY, [], 400),
        ("GET", "/v1/sessions/broken", TOY, None, 500),
    ],
)
def test_every_refusal_is_in_its_words(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: object, status: int
) -> None:
    answer = (
        client.request(method, path, headers=headers, json=body)
        if body is not None
        else client.request(method, path, headers=headers)
    )
    assert answer.status_code == status
    assert answer.text.startswith(f"toy: {status}: 1: ")
    assert answer.headers["x-toy-answer"] == method


def test_a_stream_has_its_headers_too(client: httpx.Client) -> None:
    answer = client.get("/v1/sessions/stream", headers=TOY)
    assert (answer.text, answer.headers["x-toy-answer"]) == ("ab", "GET")


def test_its_list_moves_in_the_transactions_that_move_turns(client: httpx.Client, server: Running) -> None:
    name = play(client, "Write a memo on tides to tides.md")
    row = listed(client, name)
    assert row.split()[:3] == [name, "completed", "2"], "it took its first step, and it ended"
    events = log.events(server.stack.services, TurnKey("alpha", "", name), items(server, f"T#alpha#{name}"))
    assert int(row.split()[3]) == sum(event.type == "tool_result" for event in events) > 0
    before = {item.sk for item in items(server, "T#alpha#TOYSESSIONS")}
    native = client.post("/v1/sessions", headers={"Authorization": "Bearer alpha-key"}).json()["id"]
    assert {item.sk for item in items(server, "T#alpha#TOYSESSIONS")} - before == {native}
    client.delete(f"/v1/sessions/{native}", headers={"Authorization": "Bearer alpha-key"})
    assert {item.sk for item in items(server, "T#alpha#TOYSESSIONS")} == before


def test_its_webhooks_say_what_it_wants(client: httpx.Client) -> None:
    mine = {"Authorization": "Bearer alpha-key"}
    with receiving() as receiver:
        receiver.answer = lambda _: Answer(200)
        hook = {"url": f"{receiver.url}/toy", "format": "toy"}
        made = client.post("/v1/webhooks", json=hook, headers=mine)
        assert made.status_code == 201, made.text
        name = play(client, "Write a poem")
        listed(client, name)
        got = receiver.wait(1)[0]
    assert got.json == {"toy_event": "turn.completed", "toy": name}
    unknown = client.post("/v1/webhooks", json={"url": hook["url"], "format": "no such"}, headers=mine)
    assert (unknown.status_code, "native, runs, workflows, toy" in unknown.text) == (400, True)


def test_the_sweep_acts_on_its_due_items(client: httpx.Client) -> None:
    toy.RANG.clear()
    assert client.get("/v1/sessions/ring", headers=TOY).status_code == 200
    assert toy.RANG.wait(30)


def test_it_has_a_document_and_a_page(client: httpx.Client) -> None:
    assert client.get("/openapi/toy.json").json()["info"]["title"] == "Toy"
    assert "openapi/toy.json" in client.get("/docs?api=toy").text


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
        chooser(NATIVE, toy.DIALECT, other)


def test_a_kind_of_due_item_is_brought_once() -> None:
    with pytest.raises(ValueError, match=r"toy\.ring"):
        extensions([toy.DIALECT, replace(toy.DIALECT, name="other")])
