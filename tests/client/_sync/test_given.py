"""What a program gives is taken as it is meant, or refused in a sentence, before anything is sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.kit.clients import no, said, scripted
from walkaway import Walkaway, errors
from walkaway_wire.webhooks import SecretRotated, WebhookCreated

Deed = Callable[[Walkaway], Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Seen:
    """A server that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        if request.url.path == "/v1/me":
            return no(404, "not_found")
        return said({"id": "sess_1", "response_id": "msg_1", "secret": SECRET, "name": "a"})


@pytest.mark.parametrize(
    ("deed", "name"),
    [
        (lambda client: client.session("sess_1").send("go", attachments="a.txt"), "attachments"),
        (lambda client: client.session("sess_1").send("go", attachments=Path("a.txt")), "attachments"),
        (lambda client: client.session("sess_1").ask("go", attachments="a.txt"), "attachments"),
        (lambda client: client.run("go", approve="bash"), "approve"),
        (lambda client: client.run("go", tools="stock"), "tools"),
        (lambda client: client.sessions.create(tools="stock"), "tools"),
        (lambda client: client.agents.create(name="a", tools="stock"), "tools"),
        (lambda client: client.agents.update("a", tools="stock"), "tools"),
        (lambda client: client.webhooks.create(url="https://example.com", events="turn.completed"), "events"),
        (lambda client: client.schedules.create(cron="@daily", message="x", attachments="a.txt"), "attachments"),
        (lambda client: client.serve_tools([len_of], agents="support"), "agents"),
    ],
)
def test_a_text_is_no_list(deed: Deed, name: str) -> None:
    seen = Seen()
    with scripted(seen) as client:
        with pytest.raises(errors.SettingInvalid, match=rf"^{name}= takes a list: {name}=\["):
            deed(client)
    assert seen.asked == []


@pytest.mark.parametrize("given", [("a.txt", b"x", 1), ("a.txt", "x"), b"x", None, 7])
def test_an_attachment_is_one_of_three_things(given: Any) -> None:
    with scripted(seen := Seen()) as client:
        with pytest.raises(errors.SettingInvalid, match="An attachment is a path of the workspace"):
            client.session("sess_1").send("go", attachments=[given])
    assert seen.asked == []


@pytest.mark.parametrize(
    ("attached", "why"),
    [
        ([("a.png", b"x" * 5_000_001)], "a.png has 5000001 bytes; image/png may have 5000000"),
        ([("a.txt", b"x" * 1_000_001)], "a.txt has 1000001 bytes; text/plain may have 1000000"),
        ([("a.zip", b"x" * 4_000_000)], r"a.zip \(application/zip\) is no text, no PDF, and none of image/png"),
        ([(f"{n}.png", b"x" * 4_500_000) for n in range(5)], "more than 20000000 bytes in all"),
        ([("a.png", b"x" * 4_000_000), Path("nowhere.txt")], "There is no file nowhere.txt here"),
        ([("a.txt", b"x")] * 21, "There are 21 attachments; a message takes 20"),
    ],
)
def test_what_cannot_be_attached_is_refused_before_an_upload(attached: list[Any], why: str) -> None:
    with scripted(seen := Seen()) as client:
        with pytest.raises(errors.WalkawayError, match=why):
            client.session("sess_1").send("go", attachments=attached)
    assert seen.asked == []


def test_what_has_an_id_stands_for_it() -> None:
    with scripted(seen := Seen()) as client:
        session = client.session("sess_1")
        turn = session.turn("msg_1")
        webhook = client.webhooks.create(url="https://example.com")
        agent = client.agents.get(" a ")
        seen.asked.clear()
        client.session(session).refresh()
        client.sessions.get(session)
        client.sessions.delete(client.sessions.get("sess_1"))
        client.turn(turn).refresh()
        client.turn(turn.record.model_copy(update={"session_id": "sess_1", "id": "msg_1"})).refresh()
        session.turn(turn).refresh()
        client.webhooks.test(webhook)
        client.agents.delete(agent)
    of_turn = "GET /v1/sessions/sess_1/responses/msg_1"
    assert seen.asked == [
        *["GET /v1/sessions/sess_1"] * 3,
        "DELETE /v1/sessions/sess_1",
        *[of_turn] * 3,
        "POST /v1/webhooks/sess_1/test",
        "DELETE /v1/agents/sess_1",
    ]


@pytest.mark.parametrize("given", ["", " ", None, 7, b"sess_1", ["sess_1"], {"id": "sess_1"}, "sess_1/files", "/"])
@pytest.mark.parametrize(
    "deed",
    [
        lambda client, given: client.session(given),
        lambda client, given: client.session("sess_1").turn(given),
        lambda client, given: client.sessions.get(given),
        lambda client, given: client.sessions.delete(given),
        lambda client, given: client.turn(given),
        lambda client, given: client.agents.get(given),
        lambda client, given: client.agents.delete(given),
        lambda client, given: client.webhooks.test(given),
        lambda client, given: client.webhooks.deliveries(given),
        lambda client, given: client.webhooks.delivery("ep_1", given),
    ],
)
def test_what_names_nothing_is_refused(deed: Callable[[Walkaway, Any], Any], given: Any) -> None:
    with scripted(seen := Seen()) as client:
        with pytest.raises(errors.SettingInvalid, match=r"names no|named by its id"):
            deed(client, given)
    assert seen.asked == []


@pytest.mark.parametrize("id_", ["a?b=c", "a#b", "a%2Fcancel", "a b", "ä"])
def test_an_id_reaches_no_other_route(id_: str) -> None:
    with scripted(seen := Seen()) as client:
        client.turn(f"sess_{id_}/msg_{id_}").cancel()
        client.webhooks.test(id_)
    quoted = httpx2.URL("http://x/").copy_with(params={"q": id_}).query.decode()[2:].replace("+", "%20")
    assert seen.asked == [
        f"POST /v1/sessions/sess_{quoted}/responses/msg_{quoted}/cancel",
        f"GET /v1/sessions/sess_{quoted}/responses/msg_{quoted}",
        f"POST /v1/webhooks/{quoted}/test",
    ]


def test_a_secret_is_in_no_repr_and_no_address() -> None:
    with scripted(seen := Seen()) as client:
        webhook = client.webhooks.create(url="https://example.com")
        rotated = client.webhooks.rotate(webhook)
        client.webhooks.test(webhook)
    assert isinstance(webhook, WebhookCreated)
    assert isinstance(rotated, SecretRotated)
    assert webhook.secret == rotated.secret == SECRET
    assert SECRET not in f"{webhook!r} {webhook} {rotated!r} {rotated} {seen.asked}"


def len_of(text: str) -> int:
    """Tell how long it is."""
    return len(text)
