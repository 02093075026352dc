"""Webhooks over HTTP: made, changed, refused, limited."""

from typing import Any

import httpx
import pytest

from tests.kit.hooks import register, send_test, settled
from tests.kit.receivers import Receiver
from tests.kit.servers import Running
from walkaway_core.notify.endpoints import MOST


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

    def test_a_name_is_one_webhooks_and_stands_for_its_id(self, web: httpx.Client, receiver: Receiver) -> None:
        made = register(web, receiver.url, name="reports")
        other = register(web, "https://example.com/hook")
        assert (made["name"], other["name"]) == ("reports", "")
        base = f"/v1/webhooks/{made['id']}"
        assert web.get("/v1/webhooks/reports").json() == web.get(base).json()
        for answer in (
            web.post("/v1/webhooks", json={"url": "https://example.com/", "name": "reports"}),
            web.patch(f"/v1/webhooks/{other['id']}", json={"name": "reports"}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (409, "webhook.name_taken")
        id_ = send_test(web, {"id": "reports"})
        settled(web, made, id_)
        assert web.get(f"/v1/webhooks/reports/deliveries/{id_}").json() == web.get(f"{base}/deliveries/{id_}").json()
        assert web.get("/v1/webhooks/reports/deliveries").json() == web.get(f"{base}/deliveries").json()
        assert web.post(f"/v1/webhooks/reports/deliveries/{id_}/redeliver").status_code == 202
        assert web.post("/v1/webhooks/reports/rotate").status_code == 200
        assert web.patch("/v1/webhooks/reports", json={"name": "news", "description": "x"}).json()["name"] == "news"
        assert web.get("/v1/webhooks/reports").status_code == 404
        assert web.patch(f"/v1/webhooks/{other['id']}", json={"name": "reports"}).json()["name"] == "reports"
        assert web.patch("/v1/webhooks/news", json={"name": "", "events": ["*"]}).json()["name"] == ""
        assert web.get("/v1/webhooks/news").status_code == 404
        assert web.patch(base, json={"name": "news", "status": "disabled"}).json()["name"] == "news"
        assert web.delete("/v1/webhooks/news").status_code == 204
        assert web.get(base).status_code == 404
        assert register(web, "https://example.com/", name="news")["name"] == "news"

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
            {"url": "https://example.com/", "name": "a/b"},
            {"url": "https://example.com/", "name": "-q"},
            {"url": "https://example.com/", "name": "a" * 101},
            {"url": "https://example.com:x/"},
            {"url": "https://i❤.example/"},
            {"url": "https://a..example/"},
            {"url": "https://a%6d.example/"},
            {"url": "https://example.com/\u202e"},
            {"url": "http://\uff11\uff10.0.0.1/"},
            {"url": "http://0x0a000001/"},
            {"url": f"https://{'ü' * 60}.example/"},
            {"url": "https://[v1.x]/"},
            {"url": "https://256.256.256.256/"},
            {"url": "https://xn--/"},
            {"url": "https://-a.example/"},
            {"url": "https://example.com:0/"},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused_with_a_sentence(self, web: httpx.Client, body: dict[str, Any]) -> None:
        answer = web.post("/v1/webhooks", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert answer.json()["message"]
        assert web.get("/v1/webhooks").json() == []

    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("/ünï?name=ü", "/%C3%BCn%C3%AF?name=%C3%BC"),
            ("/h?sig=a%2Fb%2bc%3D&x=%zz|{}", None),
            ("/hook;v=1", None),
            ("/hook?", None),
        ],
    )
    def test_an_address_is_shown_as_written_and_reached_in_ascii(
        self, web: httpx.Client, receiver: Receiver, written: str, sent: str | None
    ) -> None:
        made = register(web, receiver.url + written)
        assert made["url"] == receiver.url + written
        send_test(web, made)
        (got,) = receiver.wait(1)
        assert got.path == (sent or written)
        assert got.headers["host"] == receiver.url.partition("//")[2]

    def test_a_name_beyond_ascii_can_be_registered_and_changed_to(self, web: httpx.Client) -> None:
        made = register(web, "https://bücher.example/hook")
        assert made["url"] == "https://bücher.example/hook"
        for url, status in (("https://例え.テスト/", 200), ("https://i❤.example/", 400)):
            assert web.patch(f"/v1/webhooks/{made['id']}", json={"url": url}).status_code == status

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


def test_what_is_told_by_name_alone_is_not_meant_by_all(web: httpx.Client, receiver: Receiver) -> None:
    register(web, receiver.url)
    named = register(web, receiver.url, events=["session.created", "session.updated"])
    session = web.post("/v1/sessions").json()["id"]
    web.patch(f"/v1/sessions/{session}", json={"title": "Tides"})
    got = receiver.wait(2)
    assert sorted(one.json["type"] for one in got) == ["session.created", "session.updated"]
    assert all(one.json["data"]["session_id"] == session for one in got)
    assert len(web.get(f"/v1/webhooks/{named['id']}/deliveries").json()) == 2
