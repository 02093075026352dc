"""Webhooks of the format `managed`: registered as all are, and taken by the SDK's own `unwrap`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anthropic import Anthropic
from anthropic.types.beta import BetaWebhookEvent
from pydantic import TypeAdapter
from standardwebhooks import WebhookVerificationError

from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.receivers import Got, Receiver, receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.dialects.managed import ids
from walkaway_core.dialects.managed.webhook_body import TYPES
from walkaway_core.settings import Settings
from walkaway_wire.webhooks import EventName, ManagedName

ADAPTER: TypeAdapter[Any] = TypeAdapter(BetaWebhookEvent)


@pytest.fixture
def own(model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def native(own: Running) -> Iterator[httpx.Client]:
    with own.client() as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def register(native: httpx.Client, receiver: Receiver, *events: str) -> str:
    body = {"url": receiver.url, "format": "managed", **({"events": events} if events else {})}
    answer = native.post("/v1/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["secret"])


def session(native: httpx.Client, **more: Any) -> str:
    return str(native.post("/v1/sessions", json=more).json()["id"])


def say(native: httpx.Client, session: str, said: str = "Hi", **more: Any) -> httpx.Response:
    return native.post(
        f"/v1/sessions/{session}/messages", json={"message": said, **more}, headers={"Prefer": "respond-async"}
    )


def told(receiver: Receiver, count: int) -> list[tuple[str, str]]:
    """Say what came, as the types and the objects that they name, in an order of its own: none is promised."""
    return sorted((got.json["data"]["type"], got.json["data"]["id"]) for got in receiver.wait(count))


def unwrapped(got: Got, secret: str) -> Any:
    with Anthropic(api_key="k", base_url="http://nowhere.invalid", webhook_key=secret) as client:
        return client.beta.webhooks.unwrap(got.body.decode(), headers=got.headers)


def test_the_sdk_unwraps_what_is_told(native: httpx.Client, model: MessagesApi, receiver: Receiver) -> None:
    secret = register(native, receiver)
    model.replies = [Reply([text("done")])]
    made = session(native)
    say(native, made)
    id_ = made.replace("sess_", "sesn_")
    assert told(receiver, 3) == [
        ("session.created", id_),
        ("session.status_idled", id_),
        ("session.status_run_started", id_),
    ]
    for got in receiver.got:
        event = unwrapped(got, secret)
        ADAPTER.validate_json(got.body, strict=True)
        assert (event.id, event.type, event.data.id) == (got.id, "event", id_)
        assert event.id.startswith("event_")
        assert event.data.workspace_id == ids.workspace("alpha")
        assert list(json.loads(got.body)["data"]) == ["type", "id", "organization_id", "workspace_id"]


def test_a_signature_of_another_secret_is_none(native: httpx.Client, model: MessagesApi, receiver: Receiver) -> None:
    register(native, receiver, "session.created")
    session(native)
    with pytest.raises(WebhookVerificationError):
        unwrapped(receiver.wait(1)[0], "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")


def test_who_names_some_is_told_those_alone(native: httpx.Client, model: MessagesApi, receiver: Receiver) -> None:
    register(native, receiver, "session.idled", "session.requires_action", "session.deleted")
    model.replies = [Reply([call("clock")]), Reply([text("done")])]
    made = session(native, tools=[{"type": "function", "name": "clock"}])
    say(native, made)
    id_ = made.replace("sess_", "sesn_")
    assert told(receiver, 2) == [("session.idled", id_), ("session.requires_action", id_)]
    first = receiver.got[0].id, receiver.got[1].id
    assert len(set(first)) == 2
    results = {"results": [{"call_id": "toolu_1", "output": "12:04"}]}
    assert native.post(f"/v1/sessions/{made}/tool_results", json=results).status_code < 300
    assert told(receiver, 3).count(("session.idled", id_)) == 2
    native.delete(f"/v1/sessions/{made}")
    assert ("session.deleted", id_) in told(receiver, 4)


def test_a_name_of_the_sessions_api_asks_for_what_is_usual_of_it(
    native: httpx.Client, model: MessagesApi, receiver: Receiver
) -> None:
    register(native, receiver, "turn.completed")
    model.replies = [Reply([text("done")])]
    made = session(native)
    say(native, made)
    assert told(receiver, 1) == [("session.status_idled", made.replace("sess_", "sesn_"))]


def test_a_test_is_told_in_this_form(native: httpx.Client, receiver: Receiver) -> None:
    secret = register(native, receiver, "session.idled")
    hook = native.get("/v1/webhooks").json()[0]["id"]
    delivery = native.post(f"/v1/webhooks/{hook}/test").json()
    got = receiver.wait(1)[0]
    assert unwrapped(got, secret).type == "event"
    assert (got.json["data"]["type"], delivery["type"]) == ("webhook.test", "webhook.test")


def test_deliveries_are_listed_and_made_again(native: httpx.Client, receiver: Receiver) -> None:
    register(native, receiver, "session.created")
    for _ in range(3):
        session(native)
    receiver.wait(3)
    path = f"/v1/webhooks/{native.get('/v1/webhooks').json()[0]['id']}/deliveries"
    page = native.get(path, params={"limit": 2})
    more = native.get(path, params={"limit": 2, "after": page.headers["x-next-cursor"]})
    found = [each["id"] for each in (*page.json(), *more.json())]
    assert len(set(found)) == 3
    assert native.post(f"{path}/{found[0]}/redeliver").status_code == 202
    assert [got.id for got in receiver.wait(4)].count(found[0]) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"format": "managed", "events": ["session.of_tomorrow"]}, "events"),
        (
            {"format": "native", "events": ["session.status_idled"]},
            "native never tells session.status_idled",
        ),
        ({"events": ["session.idled"]}, "never tells session.idled"),
    ],
)
def test_what_is_never_told_is_refused(native: httpx.Client, receiver: Receiver, body: Any, says: str) -> None:
    answer = native.post("/v1/webhooks", json={"url": receiver.url, **body})
    assert (answer.status_code, says in answer.json()["message"]) == (400, True)


def test_another_format_does_not_keep_names_of_this_one(native: httpx.Client, receiver: Receiver) -> None:
    register(native, receiver, "session.idled")
    path = f"/v1/webhooks/{native.get('/v1/webhooks').json()[0]['id']}"
    assert native.patch(path, json={"format": "native"}).status_code == 400
    assert native.patch(path, json={"format": "native", "events": ["session.created"]}).status_code == 200


def test_the_names_are_those_that_can_be_asked_for() -> None:
    assert set(TYPES) <= {*EventName.__args__, *ManagedName.__args__}  # type: ignore[attr-defined]
    assert set(ManagedName.__args__) <= TYPES  # type: ignore[attr-defined]
