"""Signed deliveries to a real receiver: what is told, to whom, in which order."""

import httpx
import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.hooks import delivery, register, send_test, settled
from tests.kit.receivers import Receiver
from tests.kit.servers import Running
from walkaway_core.doors.sweep import sweep
from walkaway_core.notify import deliveries
from walkaway_core.ports.items import Unknown
from walkaway_core.store import bodies
from walkaway_core.store.notice import Notice
from walkaway_wire.settings import SettingsRecord


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
        stands = {name: value for name, value in record.items() if name not in SettingsRecord.model_fields}
        assert by_kind["turn.completed"].json["data"] == stands
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

    def test_filters_and_the_end_of_sessions(
        self, open_: Running, web: httpx.Client, receiver: Receiver, clock: ShiftedClock
    ) -> None:
        register(web, receiver.url, events=["turn.cancelled", "session.expired"])
        session = sse.new(web, ttl=600)
        sse.send(web, session, "Write a poem about rain.")
        for _ in range(2):  # at its end for ten minutes
            clock.ahead += 700
            open_.stack.services.clock.lived(0)
        (got,) = receiver.wait(1)
        assert (got.json["type"], got.json["data"]) == ("session.expired", {"session_id": session})
        assert got.json["sequence"] == 4

    def test_numbers_increase_over_a_sessions_turns(self, web: httpx.Client, receiver: Receiver) -> None:
        register(web, receiver.url)
        session = sse.new(web, persistent=True)
        for _ in range(3):
            sse.send(web, session, "Write a poem about rain.")
        got = sorted(receiver.wait(6), key=lambda one: one.json["sequence"])
        assert [one.json["sequence"] for one in got] == [2, 3, 4, 5, 6, 7], "the first was the session's beginning"
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
        assert (got.json["type"], got.headers["walkaway-sequence"]) == ("turn.completed", "3")

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
            {"webhook_url": "https://i❤.example/"},
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


@pytest.mark.parametrize(("number", "fault"), [(1, "lost"), (2, "lost"), (2, "crash before")])
def test_a_large_body_whose_delivery_is_not_written_does_not_stay(engine: Engine, number: int, fault: str) -> None:
    notice = Notice(engine.services.ids.new("evt_"), "turn.completed", "t", "s", "m", 1, engine.clock.now(), {})
    engine.table.at(number, fault)
    with pytest.raises((Crashed, Unknown)):
        deliveries.put(engine.services, notice, "whk", b"x" * (bodies.INLINE_BYTES + 1))
    engine.table.revive()
    kept = engine.services.workspace.listing(bodies.root("t"), "webhooks/whk")
    assert bool(kept) is (number == 2), "whose removal cannot be written down goes at once"
    engine.clock.sleep(deliveries.KEPT + 1)
    sweep(engine.services)
    assert not engine.services.workspace.listing(bodies.root("t"), "webhooks/whk")
