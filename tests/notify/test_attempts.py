"""Attempts to deliver: tried again on schedule, bounded, and judged each time."""

import threading
import time

import httpx
import pytest

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.hooks import HOUR, delivery, register, send_test, settled, until
from tests.kit.kept import Kept
from tests.kit.receivers import Answer, Got, Receiver, receiving
from tests.kit.servers import Running
from walkaway_core.notify.failing import GIVEN_UP_AFTER
from walkaway_core.ports.metrics import DELIVERED, RETRIED, UNDELIVERED
from walkaway_core.store.keys import DUE_SHARDS


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
        assert until(lambda: web.get(f"/v1/webhooks/{hook['id']}").json()["failing_since"])
        again = web.post(f"/v1/webhooks/{hook['id']}/deliveries/{id_}/redeliver")
        assert again.status_code == 202
        found = settled(web, hook, id_, 2)
        assert until(lambda: delivery(web, hook, id_)["status"] == "succeeded")
        assert [a["status_code"] for a in found["attempts"]] == [500, 200]
        assert until(lambda: web.get(f"/v1/webhooks/{hook['id']}").json()["failing_since"] is None)
        web.post(f"/v1/webhooks/{hook['id']}/deliveries/{id_}/redeliver")
        assert {got.id for got in receiver.wait(3)} == {id_}

    def test_each_attempt_is_counted_by_what_came_of_it(
        self, open_: Running, web: httpx.Client, receiver: Receiver, clock: ShiftedClock
    ) -> None:
        kept = Kept()
        object.__setattr__(open_.stack.services, "metrics", kept)
        hook = register(web, receiver.url)
        receiver.answers = [Answer(500), Answer(200), Answer(410)]
        id_ = send_test(web, hook)
        clock.ahead += settled(web, hook, id_)["next_attempt_at"] - clock.now() + 0.1
        assert until(lambda: delivery(web, hook, id_)["status"] == "succeeded")
        id_ = send_test(web, hook)
        assert until(lambda: delivery(web, hook, id_)["status"] == "failed")
        told = until(lambda: len(kept.of(UNDELIVERED)) and kept.samples)
        counted = [name for name, _ in told if name.startswith("Webhooks")]
        assert counted == [RETRIED.name, DELIVERED.name, UNDELIVERED.name]

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
