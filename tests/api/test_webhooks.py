"""Webhooks over HTTP: endpoints, signed deliveries to a real receiver, what is recorded of them."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.receivers import Answer, Got, Receiver, receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.notify.endpoints import GIVEN_UP_AFTER, MOST
from walkaway_core.settings import Settings
from walkaway_core.store.keys import DUE_SHARDS

HOUR = 3600.0


@pytest.fixture
def clock() -> ShiftedClock:
    return ShiftedClock()


@pytest.fixture
def open_(tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    """A server that may reach this machine."""
    settings = Settings(keys=KEYS, rehearsal_delay=0, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def web(open_: Running) -> Iterator[httpx.Client]:
    with open_.client() as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def register(client: httpx.Client, url: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def send_test(client: httpx.Client, hook: dict[str, Any]) -> str:
    answer = client.post(f"/v1/webhooks/{hook['id']}/test")
    assert answer.status_code == 202
    return str(answer.json()["id"])


def delivery(client: httpx.Client, hook: dict[str, Any], id_: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/webhooks/{hook['id']}/deliveries/{id_}").json()
    return found


def until(holds: Callable[[], Any]) -> Any:
    for _ in range(600):
        if found := holds():
            return found
        threading.Event().wait(0.05)
    raise AssertionError("it never came about")


def settled(client: httpx.Client, hook: dict[str, Any], id_: str, tries: int = 1) -> dict[str, Any]:
    """Wait until so many attempts are recorded."""
    found: dict[str, Any] = until(lambda: (d := delivery(client, hook, id_)) and len(d["attempts"]) >= tries and d)
    return found


class TestEndpoints:
    def test_made_read_changed_listed_deleted(self, web: httpx.Client) -> None:
        made = register(web, "https://example.com/hook", events=["turn.completed"], description="mine")
        assert made["secret"].startswith("whsec_")
        shown = {name: value for name, value in made.items() if name != "secret"}
        assert web.get(f"/v1/webhooks/{made['id']}").json() == shown
        changed = web.patch(f"/v1/webhooks/{made['id']}", json={"status": "disabled", "events": ["*"]}).json()
        assert changed == {**shown, "status": "disabled", "reason": "disabled by hand", "events": ["*"]}
        assert web.get("/v1/webhooks").json() == [changed]
        assert web.delete(f"/v1/webhooks/{made['id']}").status_code == 204
        assert web.get(f"/v1/webhooks/{made['id']}").json()["error"] == "webhook.not_found"
        assert web.get("/v1/webhooks").json() == []

    def test_a_stranger_sees_nothing(self, open_: Running, web: httpx.Client, receiver: Receiver) -> None:
        made = register(web, receiver.url)
        id_ = send_test(web, made)
        base = f"/v1/webhooks/{made['id']}"
        with open_.client("beta-key") as stranger:
            assert stranger.get("/v1/webhooks").json() == []
            for method, path in [
                ("GET", base), ("PATCH", base), ("DELETE", base), ("POST", f"{base}/rotate"), ("POST", f"{base}/test"),
                ("GET", f"{base}/deliveries"), ("GET", f"{base}/deliveries/{id_}"),
                ("POST", f"{base}/deliveries/{id_}/redeliver"),
            ]:  # fmt: skip
                answer = stranger.request(method, path, json={} if method == "PATCH" else None)
                assert (answer.status_code, answer.json()["error"]) == (404, "webhook.not_found"), path

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"url": ""},
            {"url": "ftp://example.com/"},
            {"url": "https://"},
            {"url": "https://user:pw@example.com/"},
            {"url": "https://example.com:8443/"},
            {"url": "http://169.254.169.254/latest/meta-data"},
            {"url": "http://10.0.0.1/"},
            {"url": "http://[::1]/", "events": ["nothing"]},
            {"url": "https://example.com/a b"},
            {"url": "https://example.com/", "events": []},
            {"url": "https://example.com/", "format": "xml"},
            {"url": "https://example.com/", "secret": "mine"},
            {"url": "https://example.com:x/"},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused_with_a_sentence(self, web: httpx.Client, body: dict[str, Any]) -> None:
        answer = web.post("/v1/webhooks", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert answer.json()["message"]
        assert web.get("/v1/webhooks").json() == []

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "a.localhost"])
    def test_this_machine_is_refused_unless_a_setting_allows_it(
        self, client: httpx.Client, web: httpx.Client, host: str
    ) -> None:
        body = {"url": f"http://{host}/"}
        assert client.post("/v1/webhooks", json=body).status_code == 400
        assert web.post("/v1/webhooks", json=body).status_code == 201

    def test_there_is_a_limit(self, web: httpx.Client) -> None:
        for _ in range(MOST):
            register(web, "https://example.com/")
        answer = web.post("/v1/webhooks", json={"url": "https://example.com/"})
        assert (answer.status_code, answer.json()["error"]) == (409, "limit_reached")


class TestDelivery:
    def test_a_turn_is_told_from_its_start_to_its_end(self, web: httpx.Client, receiver: Receiver) -> None:
        hook = register(web, f"{receiver.url}/in")
        session = sse.new(web)
        events = sse.send(web, session, "Write a poem about rain.")
        got = receiver.wait(2)
        by_kind = {one.json["type"]: one for one in got}
        assert set(by_kind) == {"turn.started", "turn.completed"}
        for one in got:
            Webhook(hook["secret"]).verify(one.body, one.headers)
            assert (one.path, one.headers["content-type"]) == ("/in", "application/json")
            assert one.headers["walkaway-sequence"] == str(one.json["sequence"])
        assert by_kind["turn.started"].json["sequence"] < by_kind["turn.completed"].json["sequence"]
        response = events[0].data["id"]
        record = web.get(f"/v1/sessions/{session}/responses/{response}").json()
        assert by_kind["turn.completed"].json["data"] == record
        assert record["output_text"]
        shown = web.get(f"/v1/webhooks/{hook['id']}/deliveries").json()
        assert [d["type"] for d in shown] == ["turn.completed", "turn.started"]
        assert {d["id"] for d in shown} == {one.id for one in got}

    def test_somebody_elses_secret_verifies_nothing(self, web: httpx.Client, receiver: Receiver) -> None:
        hook, other = register(web, receiver.url), register(web, "https://example.com/")
        send_test(web, hook)
        (got,) = receiver.wait(1)
        with pytest.raises(WebhookVerificationError):
            Webhook(other["secret"]).verify(got.body, got.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(hook["secret"]).verify(got.body + b" ", got.headers)

    def test_filters_and_the_end_of_sessions(self, web: httpx.Client, receiver: Receiver, clock: ShiftedClock) -> None:
        register(web, receiver.url, events=["turn.cancelled", "session.expired"])
        session = sse.new(web, ttl=600)
        sse.send(web, session, "Write a poem about rain.")
        clock.ahead += 700
        (got,) = receiver.wait(1)
        assert (got.json["type"], got.json["data"]) == ("session.expired", {"session_id": session})
        assert got.json["sequence"] == 3

    def test_numbers_increase_over_a_sessions_turns(self, web: httpx.Client, receiver: Receiver) -> None:
        register(web, receiver.url)
        session = sse.new(web, persistent=True)
        for _ in range(3):
            sse.send(web, session, "Write a poem about rain.")
        got = sorted(receiver.wait(6), key=lambda one: one.json["sequence"])
        assert [one.json["sequence"] for one in got] == [1, 2, 3, 4, 5, 6]
        assert [one.json["type"] for one in got] == ["turn.started", "turn.completed"] * 3

    def test_both_secrets_are_good_for_a_while(
        self, web: httpx.Client, receiver: Receiver, clock: ShiftedClock
    ) -> None:
        hook = register(web, receiver.url)
        rotated = web.post(f"/v1/webhooks/{hook['id']}/rotate", json={"grace": 3600}).json()
        send_test(web, hook)
        (both,) = receiver.wait(1)
        for secret in (hook["secret"], rotated["secret"]):
            Webhook(secret).verify(both.body, both.headers)
        clock.ahead += 3700
        id_ = send_test(web, hook)
        settled(web, hook, id_)
        new = receiver.got[-1]
        assert len(new.headers["webhook-signature"].split()) == 1

    def test_a_disabled_one_is_told_nothing(self, web: httpx.Client, receiver: Receiver) -> None:
        quiet, loud = register(web, f"{receiver.url}/quiet"), register(web, f"{receiver.url}/loud")
        web.patch(f"/v1/webhooks/{quiet['id']}", json={"status": "disabled"})
        sse.send(web, sse.new(web), "Write a poem about rain.")
        receiver.wait(2)
        assert {one.path for one in receiver.got} == {"/loud"}
        assert web.get(f"/v1/webhooks/{quiet['id']}/deliveries").json() == []
        assert loud["status"] == "enabled"

    def test_a_long_result_is_whole(self, web: httpx.Client, receiver: Receiver, open_: Running) -> None:
        from walkaway_core.store import bodies

        limit, bodies.INLINE_BYTES = bodies.INLINE_BYTES, 100
        try:
            hook = register(web, receiver.url, events=["turn.completed"])
            sse.send(web, sse.new(web), "Write a poem about rain.")
            (got,) = receiver.wait(1)
            assert delivery(web, hook, got.id)["payload"] == got.json
        finally:
            bodies.INLINE_BYTES = limit


class TestTurnsOwn:
    def test_the_end_is_told_to_the_turns_own_address(self, web: httpx.Client, receiver: Receiver) -> None:
        secret = "whsec_" + "QUJD" * 10
        session = sse.new(web)
        body = {"message": "Write a poem about rain.", "webhook_url": receiver.url, "webhook_secret": secret}
        with web.stream("POST", f"/v1/sessions/{session}/messages", json=body) as answer:
            sse.read(answer)
        (got,) = receiver.wait(1)
        Webhook(secret).verify(got.body, got.headers)
        assert (got.json["type"], got.headers["walkaway-sequence"]) == ("turn.completed", "2")

    def test_a_turn_that_waited_has_it_too(self, web: httpx.Client, receiver: Receiver) -> None:
        session = sse.new(web, persistent=True)
        for number in range(2):
            body = {
                "message": "Write a poem about rain.", "webhook_url": f"{receiver.url}/{number}", "on_busy": "enqueue"
            }  # fmt: skip
            headers = {"Prefer": "respond-async"}
            assert web.post(f"/v1/sessions/{session}/messages", json=body, headers=headers).status_code == 202
        assert {got.path for got in receiver.wait(2)} == {"/0", "/1"}
        assert all("webhook-signature" not in got.headers for got in receiver.got)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"webhook_url": "http://10.0.0.1/"},
            {"webhook_url": "x"},
            {"webhook_secret": "whsec_" + "QUJD" * 10},
            {"webhook_url": "https://example.com/", "webhook_secret": "short"},
            {"webhook_url": "https://example.com/", "webhook_secret": "whsec_QUJD"},
            {"webhook_url": "https://example.com/", "on_busy": "steer"},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused_and_starts_nothing(self, web: httpx.Client, wrong: dict[str, str]) -> None:
        session = sse.new(web)
        answer = web.post(f"/v1/sessions/{session}/messages", json={"message": "go", **wrong})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert web.get(f"/v1/sessions/{session}/responses").json() == []


class TestRetries:
    def test_the_schedule_with_one_id(self, web: httpx.Client, receiver: Receiver, clock: ShiftedClock) -> None:
        hook = register(web, receiver.url)
        receiver.otherwise = Answer(500, body=b"no " * 1000)
        id_ = send_test(web, hook)
        planned = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
        for tries, wait in enumerate(planned, 1):
            found = settled(web, hook, id_, tries)
            assert found["status"] == "pending"
            assert wait - 2 <= found["next_attempt_at"] - found["attempts"][-1]["at"] <= wait * 1.1 + 2
            clock.ahead += found["next_attempt_at"] - clock.now() + 0.1
        found = settled(web, hook, id_, 10)
        assert (found["status"], found["next_attempt_at"]) == ("failed", None)
        assert {got.id for got in receiver.got} == {id_}
        assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 10
        last = found["attempts"][-1]
        assert (last["status_code"], last["error"], len(last["response"])) == (500, "it answered 500", 500)

    def test_what_failed_is_delivered_again_on_request(
        self, web: httpx.Client, receiver: Receiver, clock: ShiftedClock
    ) -> None:
        hook = register(web, receiver.url)
        receiver.answers = [Answer(500)]
        id_ = send_test(web, hook)
        settled(web, hook, id_)
        assert web.get(f"/v1/webhooks/{hook['id']}").json()["failing_since"]
        again = web.post(f"/v1/webhooks/{hook['id']}/deliveries/{id_}/redeliver")
        assert again.status_code == 202
        found = settled(web, hook, id_, 2)
        assert until(lambda: delivery(web, hook, id_)["status"] == "succeeded")
        assert [a["status_code"] for a in found["attempts"]] == [500, 200]
        assert until(lambda: web.get(f"/v1/webhooks/{hook['id']}").json()["failing_since"] is None)
        web.post(f"/v1/webhooks/{hook['id']}/deliveries/{id_}/redeliver")
        assert {got.id for got in receiver.wait(3)} == {id_}

    def test_retry_after_is_honoured(self, web: httpx.Client, receiver: Receiver) -> None:
        hook = register(web, receiver.url)
        receiver.answers = [Answer(429, {"Retry-After": "1234"})]
        found = settled(web, hook, send_test(web, hook))
        assert 1230 <= found["next_attempt_at"] - found["attempts"][0]["at"] <= 1240

    def test_gone_disables_and_the_bus_is_told(self, web: httpx.Client, receiver: Receiver) -> None:
        watching = register(web, f"{receiver.url}/watch", events=["webhook.disabled"])
        gone = register(web, f"{receiver.url}/gone")
        receiver.answers = [Answer(410)]
        id_ = send_test(web, gone)
        assert settled(web, gone, id_)["status"] == "failed"
        (told,) = receiver.wait(1, lambda got: got.path == "/watch")
        assert told.json["data"] == {"webhook_id": gone["id"], "reason": "it answered 410 Gone"}
        shown = web.get(f"/v1/webhooks/{gone['id']}").json()
        assert (shown["status"], shown["reason"]) == ("disabled", "it answered 410 Gone")
        web.patch(f"/v1/webhooks/{gone['id']}", json={"status": "enabled"})
        web.post(f"/v1/webhooks/{gone['id']}/deliveries/{id_}/redeliver")
        assert until(lambda: delivery(web, gone, id_)["status"] == "succeeded")
        assert watching["events"] == ["webhook.disabled"]

    def test_days_of_failure_disable(self, web: httpx.Client, receiver: Receiver, clock: ShiftedClock) -> None:
        hook = register(web, receiver.url)
        receiver.otherwise = Answer(500)
        settled(web, hook, send_test(web, hook))
        clock.ahead += GIVEN_UP_AFTER + HOUR
        send_test(web, hook)
        assert until(lambda: web.get(f"/v1/webhooks/{hook['id']}").json()["status"] == "disabled")
        assert web.get(f"/v1/webhooks/{hook['id']}").json()["reason"] == "nothing could be delivered for 5 days"

    def test_what_a_deleted_one_was_to_be_told_is_not(
        self, open_: Running, web: httpx.Client, receiver: Receiver, clock: ShiftedClock
    ) -> None:
        hook = register(web, receiver.url)
        receiver.otherwise = Answer(500)
        settled(web, hook, send_test(web, hook))
        assert web.delete(f"/v1/webhooks/{hook['id']}").status_code == 204
        stopped, table = len(receiver.got), open_.stack.services.table
        clock.ahead += 10
        shards = [f"SYS#DUE#{number:02}" for number in range(DUE_SHARDS)]
        until(lambda: not [item for pk in shards for item in table.query(pk).items if "#delivery#" in item.sk])
        assert len(receiver.got) == stopped


class TestHostileReceivers:
    def test_a_redirect_is_not_followed(self, web: httpx.Client, receiver: Receiver) -> None:
        hook = register(web, receiver.url)
        elsewhere = [f"{receiver.url}/elsewhere", "http://169.254.169.254/latest/meta-data/"]
        receiver.answers = [Answer(307, {"Location": where}) for where in elsewhere]
        for _ in elsewhere:
            found = settled(web, hook, send_test(web, hook))
            assert (found["attempts"][0]["error"], found["status"]) == ("redirects are not followed", "pending")
        assert [got.path for got in receiver.got] == ["/", "/"]

    def test_an_endless_answer_is_cut(self, web: httpx.Client, receiver: Receiver) -> None:
        hook = register(web, receiver.url)
        receiver.answers = [Answer(200, body=b"x" * 50_000_000)]
        found = settled(web, hook, send_test(web, hook))
        assert (found["status"], len(found["attempts"][0]["response"])) == ("succeeded", 500)

    @pytest.mark.parametrize("answer", [Answer(hang=threading.Event()), Answer(drip=True)], ids=["hangs", "drips"])
    def test_a_slow_one_is_given_up_and_delays_nobody(
        self, web: httpx.Client, receiver: Receiver, answer: Answer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("walkaway_core.notify.attempts.SECONDS", 2.0)
        slow = register(web, receiver.url)
        receiver.otherwise = answer
        ids = [send_test(web, slow) for _ in range(40)]
        with receiving() as other:
            send_test(web, register(web, other.url))
            begun = time.monotonic()
            other.wait(1)
            assert time.monotonic() - begun < 2.0, "it did not wait for the slow one, of which 40 were under way"
        found = settled(web, slow, ids[0])
        assert (found["attempts"][0]["status_code"], found["status"]) == (None, "pending")
        if answer.hang:
            answer.hang.set()

    def test_what_is_not_public_is_refused_at_each_delivery(
        self, web: httpx.Client, receiver: Receiver, open_: Running
    ) -> None:
        hook = register(web, receiver.url)
        object.__setattr__(open_.stack.services.settings, "outbound_loopback", False)
        found = settled(web, hook, send_test(web, hook))
        assert "no public address" in found["attempts"][0]["error"]
        assert receiver.got == []

    def test_nobody_there(self, web: httpx.Client) -> None:
        hook = register(web, "http://127.0.0.1:9/")
        found = settled(web, hook, send_test(web, hook))
        assert found["attempts"][0]["status_code"] is None
        assert "ConnectError" in found["attempts"][0]["error"]


def test_many_receive_what_they_are_to_get_once_each(web: httpx.Client, receiver: Receiver) -> None:
    hooks = [register(web, f"{receiver.url}/{n}", events=["turn.completed"]) for n in range(10)]
    sessions = [sse.new(web) for _ in range(10)]
    for session in sessions:
        web.post(
            f"/v1/sessions/{session}/messages",
            json={"message": "Write a poem about rain."},
            headers={"Prefer": "respond-async"},
        )
    got: list[Got] = receiver.wait(100)
    assert len({(one.path, one.id) for one in got}) == 100
    assert len({one.id for one in got}) == 10
    assert len(hooks) == 10
