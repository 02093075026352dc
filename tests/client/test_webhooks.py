"""The signatures of webhooks, verified by their receivers."""

import time

import pytest

from walkaway.webhooks import SignatureInvalid, verify
from walkaway_core.notify import signing


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
