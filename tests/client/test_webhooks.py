"""The signatures of webhooks, verified by their receivers."""

import time
from email.message import Message

import httpx2
import pytest

from walkaway import Call, Walkaway, errors
from walkaway.webhooks import Headers, SignatureInvalid, unwrap, verify
from walkaway_core.notify import signing
from walkaway_wire import jsontext


class TestVerify:
    SECRET = "whsec_" + "QUJD" * 10

    def headers(self, at: int, body: bytes = b"{}") -> dict[str, str]:
        return {
            "Webhook-Id": "evt_1",
            "Webhook-Timestamp": str(at),
            "Webhook-Signature": "v1,AAAA " + signing.signature([self.SECRET], "evt_1", at, body),
        }

    def test_what_is_good_is_given(self) -> None:
        assert verify(self.SECRET, self.headers(int(time.time()), b'{"a":1}'), b'{"a":1}') == {"a": 1}

    @pytest.mark.parametrize("seconds", [-400, 400])
    def test_what_is_old_is_refused(self, seconds: int) -> None:
        with pytest.raises(SignatureInvalid, match="too old"):
            verify(self.SECRET, self.headers(int(time.time()) + seconds), b"{}")

    @pytest.mark.parametrize("secret", ["whsec_" + "QUJE" * 10, "whsec_!", ""])
    def test_another_secret_is_refused(self, secret: str) -> None:
        with pytest.raises(SignatureInvalid):
            verify(secret, self.headers(int(time.time())), b"{}")

    def test_what_was_changed_is_refused(self) -> None:
        with pytest.raises(SignatureInvalid, match="no signature fits"):
            verify(self.SECRET, self.headers(int(time.time())), b"{} ")


class TestUnwrap:
    SECRET = "whsec_" + "QUJD" * 10

    def message(self, body: dict[str, object]) -> tuple[dict[str, str], bytes]:
        raw, at = jsontext.dump_bytes(body), int(time.time())
        signed = signing.signature([self.SECRET], "evt_1", at, raw)
        return {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signed}, raw

    def test_an_event_is_given_with_what_it_is_about(self) -> None:
        call = {"call_id": "t1", "name": "stock", "arguments": {"sku": "A"}, "needs": "output", "expires_at": 5.0}
        data = {"id": "msg_1", "session_id": "sess_1", "status": "in_progress", "tool_calls": [call]}
        event = unwrap(self.SECRET, *self.message({"type": "turn.awaiting_tools", "sequence": 3, "data": data}))
        assert (event.type, event.id, event.sequence, event.session_id) == ("turn.awaiting_tools", "evt_1", 3, "sess_1")
        assert event.turn == data
        assert event.tool_calls == [Call("t1", "stock", {"sku": "A"}, "output", 5.0, "sess_1", "msg_1")]

    def test_headers_of_any_framework_are_taken(self) -> None:
        named, body = self.message({"type": "session.expired", "data": {"session_id": "sess_1"}})
        message: Message[str, str] = Message()
        for name, value in named.items():
            message[name] = value
        pairs: list[Headers] = [message, named, httpx2.Headers(named)]
        client = Walkaway(url="http://walkaway.test")
        for headers in pairs:
            assert unwrap(self.SECRET, headers, body).type == "session.expired"
            assert client.webhooks.unwrap(headers, body, secret=self.SECRET).type == "session.expired"

    def test_an_event_of_a_session_is_about_no_turn(self) -> None:
        event = unwrap(self.SECRET, *self.message({"type": "session.expired", "data": {"session_id": "sess_1"}}))
        assert (event.turn, event.session_id, event.tool_calls, event.sequence) == (None, "sess_1", [], 0)

    def test_another_format_is_said_to_be_one(self) -> None:
        with pytest.raises(SignatureInvalid, match="not in the native format"):
            unwrap(self.SECRET, *self.message({"event": "job.completed"}))

    def test_the_client_gives_handles(self, monkeypatch: pytest.MonkeyPatch) -> None:
        headers, raw = self.message({"type": "turn.completed", "data": {"id": "msg_1", "session_id": "sess_1"}})
        client = Walkaway(url="http://walkaway.test")
        with pytest.raises(errors.SettingInvalid, match="WALKAWAY_WEBHOOK_SECRET"):
            client.webhooks.unwrap(headers, raw)
        monkeypatch.setenv("WALKAWAY_WEBHOOK_SECRET", f"{self.SECRET}\n")
        event = client.webhooks.unwrap(headers, raw)
        assert (event.turn.ref, event.id) == ("sess_1/msg_1", "evt_1")
        headers, raw = self.message({"type": "webhook.disabled", "data": {}})
        with pytest.raises(errors.WalkawayError, match="about no turn"):
            _ = client.webhooks.unwrap(headers, raw).turn
