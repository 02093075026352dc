"""Images and documents that a message names by their address, by the SDK: fetched once, and refused in words."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.types.beta.sessions import BetaManagedAgentsSendSessionEvents
from pydantic import TypeAdapter

from tests.kit.asking import TIME, time_call
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, PATIENCE, Running, running
from tests.kit.sites import Site
from walkaway_core.settings import Settings

PNG, PDF = b"\x89PNG\r\n\x1a\nrest", b"%PDF-1.7 and so on"


@pytest.fixture
def server(model: MessagesApi, tmp_path: Path) -> Iterator[Running]:
    """One that may fetch from this machine, too, and whose model is scripted."""
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings) as found:
        yield found


class Talk:
    """A session that says what it is sent to a scripted model."""

    def __init__(self, server: Running, sdk: Any, model: MessagesApi) -> None:
        self.sdk, self.model = sdk, model
        self.model.replies = [Reply([text("done")])]
        with server.client() as client:
            self.id = "sesn_" + client.post("/v1/sessions", json={"tools": [TIME]}).json()["id"].removeprefix("sess_")

    def send(self, *events: Any, **options: Any) -> list[dict[str, Any]]:
        raw = self.sdk.beta.sessions.events.with_raw_response
        body = raw.send(self.id, events=list(events), **options).http_response.text
        TypeAdapter(BetaManagedAgentsSendSessionEvents).validate_json(body, strict=True)
        found: list[dict[str, Any]] = json.loads(body)["data"]
        return found

    def idle(self) -> list[Any]:
        for _ in range(int(PATIENCE * 40)):
            found = list(self.sdk.beta.sessions.events.list(self.id))
            if found and found[-1].type == "session.status_idle":
                return found
            threading.Event().wait(0.025)
        raise AssertionError("it runs")

    def told(self) -> list[Any]:
        """What the model got with its last request, but for what it said itself."""
        said = self.model.requests[-1]["messages"]
        return [block for message in said if message["role"] == "user" for block in message["content"]]


@pytest.fixture
def talk(server: Running, sdk: Any, model: MessagesApi) -> Talk:
    return Talk(server, sdk, model)


def of(kind: str, url: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": url}, **more}


def says(*content: Any) -> dict[str, Any]:
    return {"type": "user.message", "content": list(content)}


def said(events: list[Any]) -> Any:
    """The first message's content, as JSON."""
    (first, *_) = [event for event in events if event.type == "user.message"]
    return json.loads(first.to_json())["content"]


def serve(site: Site, path: str, body: bytes, kind: str = "") -> str:
    site.pages[path] = (200, {"Content-Type": kind} if kind else {}, body)
    return site.url + path


def test_the_model_gets_what_was_there_and_readers_see_the_address(talk: Talk, site: Site) -> None:
    site.pages["/moved"] = (302, {"Location": "/chart.png"}, b"")
    serve(site, "/chart.png", PNG, "image/png")
    sent = says(
        of("image", f"{site.url}/moved"),
        of("document", serve(site, "/tide%20tables.pdf", PDF, "application/octet-stream")),
        of(
            "document", serve(site, "/notes", b"High at noon.", "text/plain; charset=utf-8"), title="Notes", context="c"
        ),
        of("document", serve(site, "/table.csv", b"hour,metres\n12,4\n")),
    )
    (shown,) = talk.send(sent)
    assert [block["source"] for block in shown["content"]] == [block["source"] for block in sent["content"]]
    assert said(talk.idle()) == shown["content"]
    image, pdf, notes, table = talk.told()
    assert (image["type"], image["source"]["media_type"]) == ("image", "image/png")
    assert (pdf["source"]["media_type"], pdf["title"]) == ("application/pdf", "tide tables.pdf")
    assert (notes["source"]["data"], notes["title"], notes["context"]) == ("High at noon.", "Notes", "c")
    assert (table["source"]["data"], table["title"]) == ("hour,metres\n12,4\n", "table.csv")
    site.pages["/notes"] = (200, {"Content-Type": "text/plain"}, b"Something else.")
    asked = len(site.asked)
    talk.model.replies = [Reply([text("done")])]
    talk.send(says({"type": "text", "text": "And now?"}))
    talk.idle()
    assert [block["source"]["data"] for block in talk.told() if block.get("title") == "Notes"] == ["High at noon."]
    assert len(site.asked) == asked


def test_a_result_of_a_call_may_name_one(talk: Talk, site: Site) -> None:
    talk.model.replies = [Reply([time_call()]), Reply([text("done")])]
    talk.send(says({"type": "text", "text": "When?"}))
    (id_,) = talk.idle()[-1].stop_reason.event_ids
    image = of("image", serve(site, "/clock.png", PNG))
    (shown,) = talk.send({"type": "user.custom_tool_result", "custom_tool_use_id": id_, "content": [image]})
    assert shown["content"] == [image]
    talk.idle()
    (result,) = [block for block in talk.told() if block["type"] == "tool_result"]
    assert result["content"][0]["source"]["media_type"] == "image/png"


def test_a_session_may_begin_with_one(talk: Talk, site: Site) -> None:
    agent = talk.sdk.beta.agents.create(name="n", model="test-model")
    place = talk.sdk.beta.environments.create(name="e")
    sent = says(of("image", serve(site, "/first.png", PNG)))
    made = talk.sdk.beta.sessions.create(agent=agent.id, environment_id=place.id, initial_events=[sent])
    talk.id = made.id
    assert said(talk.idle()) == sent["content"]
    assert talk.told()[0]["type"] == "image"


def test_what_is_sent_again_is_answered_though_the_address_is_gone(talk: Talk, site: Site) -> None:
    sent = says(of("image", serve(site, "/once.png", PNG)))
    first = talk.send(sent, extra_headers={"x-stainless-retry-count": "0"})
    talk.idle()
    site.pages["/once.png"] = (410, {}, b"")
    assert talk.send(sent, extra_headers={"x-stainless-retry-count": "1"}) == first
    assert [event.type for event in talk.idle()].count("user.message") == 1


@pytest.mark.parametrize(
    ("kind", "page", "says_"),
    [
        ("image", (404, {}, b""), "content[0].source.url: '{url}' cannot be fetched: it answers 404; send the bytes"),
        ("image", (302, {"Location": "http://169.254.169.254/"}, b""), "no public address"),
        ("image", (200, {}, PDF), "content[0].source: is no image, and would be of the type document"),
        ("document", (200, {}, PNG), "content[0].source: is no document"),
        ("image", (200, {"Content-Type": "image/tiff"}, b"II*\0"), "content[0]: (image/tiff) is no text, and none of"),
        ("document", (200, {"Content-Type": "text/plain"}, b" "), "is empty"),
    ],
)
def test_what_cannot_be_had_is_refused_and_nothing_is_taken(
    talk: Talk, site: Site, kind: str, page: Any, says_: str
) -> None:
    site.pages["/it"] = page
    url = f"{site.url}/it"
    with pytest.raises(anthropic.BadRequestError) as refused:
        talk.send(says(of(kind, url)))
    assert says_.format(url=url) in refused.value.message
    assert list(talk.sdk.beta.sessions.events.list(talk.id)) == []


def test_what_is_too_large_is_a_413(talk: Talk, site: Site) -> None:
    url = serve(site, "/large.png", PNG + bytes(20_000_000))
    with pytest.raises(anthropic.APIStatusError) as refused:
        talk.send(says(of("image", url)))
    assert (refused.value.status_code, "more than 20000000 bytes" in refused.value.message) == (413, True)


def test_there_is_a_time_for_it(talk: Talk, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkaway_core.dialects.managed.addressed.SECONDS", 0.5)
    serve(site, "/drip", b"")
    with pytest.raises(anthropic.BadRequestError, match="cannot be fetched"):
        talk.send(says(of("document", f"{site.url}/drip"), of("document", f"{site.url}/drip")))
    assert site.asked == ["/drip"]


def test_nobody_waits_for_what_others_fetch(talk: Talk, site: Site, server: Running) -> None:
    serve(site, "/hang", PNG)
    threads = 40  # of anyio's pool

    def fetches(_: int) -> list[dict[str, Any]]:
        return talk.send(says(of("image", f"{site.url}/hang")))

    with ThreadPoolExecutor(threads) as pool:
        sent = [pool.submit(fetches, number) for number in range(threads)]
        try:
            while not site.asked:
                assert not any(each.done() for each in sent)
                threading.Event().wait(0.01)
            with server.client("beta-key") as beta:
                assert beta.get("/v1/sessions").status_code == 200
            assert not any(each.done() for each in sent)
        finally:
            site.hang.set()
        assert all(each.result() for each in sent)
