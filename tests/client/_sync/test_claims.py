"""Claims: before a function runs, while it runs, and when another worker, an older server or none is there."""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.kit.clients import no, quick, said, scripted
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway import Tool, Walkaway, errors, tool
from walkaway._sync import claims
from walkaway._sync.workers import Worker

WAITS = {"call_id": "t1", "name": "stock", "arguments": {"sku": "A"}, "needs": "output"}
NEW = ("session_filters", "tool_claims")

Claimed = Callable[[int], httpx2.Response]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "LATER", 0.01)


class Server:
    """Has one call that waits; `claimed` answers the claims, by their number."""

    def __init__(self, claimed: Claimed, features: tuple[str, ...] = NEW, needs: str = "output") -> None:
        self.claims: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self._claimed, self._features, self._needs = claimed, features, needs
        self._lock = threading.Lock()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path == "/v1/me":
            return said({"features": self._features})
        if path == "/v1/sessions":
            waits = [WAITS | {"needs": self._needs}]
            return said([{"id": "sess_1", "response_id": "msg_1", "pending_tool_calls": waits}])
        with self._lock:
            self.asked.append(path.rpartition("/")[2])
            if path.endswith("/tool_results"):
                return said({"response_id": "msg_1", "pending_tool_calls": []})
            self.claims.append(json.loads(request.content))
            return self._claimed(len(self.claims))


def granted(_: int = 0) -> httpx2.Response:
    return said({"call_id": "t1", "worker": "me", "until": 1.0})


class Shop:
    """A tool that notes who asked, and may take its time."""

    def __init__(self, until: threading.Event | None = None) -> None:
        self.asked: list[str] = []

        @tool
        def stock(sku: str) -> str:
            """Tell how many there are."""
            self.asked.append(sku)
            if until:
                assert until.wait(30)
            return f"seven {sku}"

        self.tools: dict[str, Tool] = {"stock": stock}


def answered(client: Walkaway, shop: Shop, lease: int = 60) -> None:
    """Let a worker look once, and wait until it has nothing more to do."""
    worker = Worker(client._transport, shop.tools, (), lambda _: True, lease)
    worker.begin()
    while not worker.answering.idle(30):
        pass
    assert worker.answering.failed() is None


def test_a_call_is_claimed_before_its_function_runs() -> None:
    shop, server = Shop(), Server(granted)
    with scripted(server) as client:
        answered(client, shop, lease=90)
    assert (shop.asked, server.asked) == (["A"], ["tool_claims", "tool_results"])
    assert server.claims[0]["call_id"] == "t1"
    assert server.claims[0]["seconds"] == 90


def test_the_claim_is_renewed_while_the_function_runs() -> None:
    often = threading.Event()

    def claimed(number: int) -> httpx2.Response:
        if number == 3:
            often.set()
        return no(503, "unavailable") if number == 2 else granted()

    shop, server = Shop(often), Server(claimed)
    with scripted(server, retries=0) as client:
        answered(client, shop, lease=1)
    assert shop.asked == ["A"]
    assert server.asked[-1] == "tool_results"
    assert len({each["worker"] for each in server.claims}) == 1, "by the same name"


def test_what_another_worker_has_is_asked_for_again_and_left_when_it_is_answered() -> None:
    shop = Shop()
    server = Server(lambda number: no(409, "tool_call.claimed" if number < 3 else "tool_call.answered"))
    with scripted(server) as client:
        answered(client, shop)
    assert (shop.asked, server.asked) == ([], ["tool_claims"] * 3)


def test_it_runs_when_the_other_ones_lease_has_ended() -> None:
    shop, server = Shop(), Server(lambda number: no(409, "tool_call.claimed") if number < 3 else granted())
    with scripted(server) as client:
        answered(client, shop)
    assert (shop.asked, server.asked[2:]) == (["A"], ["tool_claims", "tool_results"])


def test_while_the_server_is_in_trouble_nothing_runs() -> None:
    shop, server = Shop(), Server(lambda number: no(500, "internal") if number < 3 else granted())
    with scripted(server, retries=0) as client:
        answered(client, shop)
    assert (shop.asked, len(server.claims)) == (["A"], 3)


@pytest.mark.parametrize(
    "answer", [httpx2.Response(403, html="<p>No"), httpx2.Response(200, html="<p>Yes"), said({"worker": "me"})]
)
def test_what_something_in_between_says_is_no_word_on_claims(answer: httpx2.Response) -> None:
    shop = Shop()
    server = Server(lambda number: answer if number < 3 else granted())
    with scripted(server) as client:
        answered(client, shop)
    assert (shop.asked, len(server.claims)) == (["A"], 3)


@pytest.mark.parametrize("refusal", [(404, "not_found"), (405, "method_not_allowed"), (403, "")])
def test_a_server_that_was_rolled_back_is_not_asked_in_vain(refusal: tuple[int, str]) -> None:
    shop, server = Shop(), Server(lambda _: no(*refusal))
    with scripted(server) as client:
        answered(client, shop)
    assert (shop.asked, server.asked) == (["A"], ["tool_claims", "tool_results"])


@pytest.mark.parametrize(
    ("features", "needs"), [(("session_filters",), "output"), (NEW, "approval")], ids=["older", "approval"]
)
def test_an_older_server_and_what_needs_a_yes_go_without(features: tuple[str, ...], needs: str) -> None:
    server = Server(granted, features, needs)
    with scripted(server) as client:
        answered(client, Shop())
    assert server.asked == ["tool_results"]


def test_who_was_held_up_for_too_long_is_told_and_answers_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lost = threading.Event()

    def claimed(number: int) -> httpx2.Response:
        if number == 2:
            lost.set()
        return granted() if number == 1 else no(409, "tool_call.claimed")

    shop, server = Shop(lost), Server(claimed)
    with caplog.at_level(logging.WARNING, "walkaway"):
        with scripted(server) as client:
            answered(client, shop, lease=1)
    assert (shop.asked, server.asked) == (["A"], ["tool_claims", "tool_claims", "tool_results"])


@pytest.mark.parametrize("lease", [0, 3601])
def test_a_lease_is_a_second_to_an_hour(lease: int) -> None:
    with scripted(Server(granted)) as client:
        with pytest.raises(errors.SettingInvalid, match=f"lease={lease}"):
            client.serve_tools([Shop().tools["stock"]], lease=lease)


def test_of_many_workers_one_runs_a_function(scripted: Running, model: MessagesApi) -> None:
    calls = [call("stock", f"t{number}", sku=str(number)) for number in range(6)]
    model.replies = [Reply(calls), Reply([text("done")])]
    shop = Shop()
    with quick(scripted.url) as client:
        turn = (client.sessions.create(tools=list(shop.tools.values()))).send("go")
        with pytest.raises(errors.TurnWaiting):
            turn.result(tools=False)
        workers = [Worker(client._transport, shop.tools, ()) for _ in range(5)]
        for each in workers:
            each.begin()
        assert (turn.result(tools=False, on_waiting="wait")).text == "done"
        for each in workers:
            each.answering.close()
    assert sorted(shop.asked) == [str(number) for number in range(6)]
