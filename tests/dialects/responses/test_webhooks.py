"""Webhooks of responses by OpenAI's own client: endpoints, what they are told, and that it takes the signatures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from openai import BadRequestError, InvalidWebhookSignatureError, NotFoundError, OpenAI

from tests.dialects.responses.conftest import client_of
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.receivers import Answer, Got, Receiver, receiving
from tests.kit.servers import KEYS, Running, running
from walkaway_core.dialects.responses import DIALECT
from walkaway_core.dialects.responses.webhook_body import TYPES
from walkaway_core.settings import Settings

ENDS = [
    ("response.completed", Reply([text("done")])),
    ("response.failed", Reply(status=404, error="model: nope")),
    ("response.incomplete", Reply([text("I would rather not")], stop_reason="refusal")),
]


@pytest.fixture
def own(model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[Running]:
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, outbound_loopback=True)
    with running(tmp_path / "data", settings, clock) as found:
        yield found


@pytest.fixture
def mine(own: Running) -> Iterator[OpenAI]:
    with client_of(own) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def respond(client: OpenAI, **more: Any) -> str:
    id_: str = client.responses.create(model="test-model", input="go", **{"background": True, **more}).id
    return id_


def unwrapped(client: OpenAI, got: Got, secret: str) -> tuple[str, str, str]:
    event = client.webhooks.unwrap(got.body, got.headers, secret=secret)
    assert event.id == got.id
    assert event.object == "event"
    return event.id, event.type, event.data.id  # type: ignore[union-attr]


def test_the_format_names_its_types() -> None:
    assert DIALECT.webhook
    assert DIALECT.webhook.types == set(TYPES)


@pytest.mark.parametrize(("type_", "reply"), ENDS)
def test_each_end_is_told_and_unwrapped(
    mine: OpenAI, model: MessagesApi, receiver: Receiver, type_: str, reply: Reply
) -> None:
    made = mine.webhooks.create(name="ends", url=receiver.url, event_types=list(TYPES))  # type: ignore[arg-type]
    model.replies = [reply]
    id_ = respond(mine)
    got = receiver.wait(1)[0]
    assert unwrapped(mine, got, made.signing_secret)[1:] == (type_, id_)
    assert list(json.loads(got.body)) == ["id", "object", "created_at", "type", "data"]
    response = mine.responses.retrieve(id_)
    assert f"response.{response.status}" == type_
    assert got.json["created_at"] == pytest.approx(response.created_at, abs=60)
    other = client_secret(mine, receiver)
    with pytest.raises(InvalidWebhookSignatureError):
        mine.webhooks.unwrap(got.body, got.headers, secret=other)
    with pytest.raises(InvalidWebhookSignatureError):
        mine.webhooks.unwrap(got.body + b" ", got.headers, secret=made.signing_secret)


def client_secret(client: OpenAI, receiver: Receiver) -> str:
    return client.webhooks.create(name="other", url=receiver.url, event_types=["response.failed"]).signing_secret


def test_who_asks_for_some_is_told_those_of_the_background_alone(
    mine: OpenAI, model: MessagesApi, receiver: Receiver
) -> None:
    some = mine.webhooks.create(
        name="some", url=f"{receiver.url}/some", event_types=["response.cancelled", "response.incomplete"]
    )
    every = mine.post("/webhooks", body={"url": f"{receiver.url}/all", "format": "responses"}, cast_to=dict[str, Any])
    model.replies = [Reply([text("done")]), Reply([text("done")]), Reply([text("no")], stop_reason="refusal")]
    respond(mine, background=False)
    completed, incomplete = respond(mine), respond(mine)
    got = receiver.wait(3)
    told = sorted((one.path, one.json["type"], one.json["data"]["id"]) for one in got)
    assert told == sorted(
        [
            ("/all", "response.completed", completed),
            ("/all", "response.incomplete", incomplete),
            ("/some", "response.incomplete", incomplete),
        ]
    )
    shown = {each.id: each.event_types for each in mine.webhooks.list()}
    assert shown == {every["id"]: [*TYPES], some.id: ["response.cancelled", "response.incomplete"]}


def test_a_rotated_secret_is_good_beside_the_old_one_for_a_day(
    mine: OpenAI, own: Running, model: MessagesApi, receiver: Receiver, clock: ShiftedClock
) -> None:
    old = mine.webhooks.create(name="ends", url=receiver.url, event_types=["response.completed"])
    new = mine.webhooks.rotate_secret(old.id, keep_old_secret_active_for_24_hours=True)
    assert new.signing_secret != old.signing_secret
    model.replies = [Reply([text("done")])] * 3
    respond(mine)
    first = receiver.wait(1)[0]
    assert len(first.headers["webhook-signature"].split()) == 2
    for secret in (old.signing_secret, new.signing_secret):
        assert unwrapped(mine, first, secret)[0] == first.id
    clock.ahead += 86_400 + 60
    respond(mine)
    second = receiver.wait(2)[1]
    assert len(second.headers["webhook-signature"].split()) == 1
    with pytest.raises(BadRequestError, match="keep_old_secret_active_for_24_hours"):
        mine.webhooks.rotate_secret(old.id, keep_old_secret_active_for_24_hours=cast("Any", "yes"))
    at_once = mine.webhooks.rotate_secret(old.id)
    respond(mine)
    third = receiver.wait(3)[2]
    assert len(third.headers["webhook-signature"].split()) == 1
    clock.ahead = 0
    assert at_once.signing_secret not in (old.signing_secret, new.signing_secret)
    assert mine.webhooks.retrieve(old.id).signing_secret_hint == f"whsec_…{at_once.signing_secret[-4:]}"


def test_endpoints_are_made_listed_changed_and_deleted(mine: OpenAI, own: Running, receiver: Receiver) -> None:
    made = [
        mine.webhooks.create(name=f"Reports of {n}", url=receiver.url, event_types=["response.completed"])
        for n in range(5)
    ]
    with own.client() as sessions:
        native = sessions.post("/v1/webhooks", json={"url": receiver.url}).json()["id"]
    listed = list(mine.webhooks.list(limit=2))
    assert [each.id for each in listed] == [each.id for each in reversed(made)]
    one = mine.webhooks.retrieve(made[0].id)
    assert one == listed[-1]
    assert "signing_secret" not in one.model_dump()
    changed = mine.webhooks.update(one.id, name="All", event_types=["response.failed", "response.failed"])
    assert (changed.name, changed.event_types, changed.url) == ("All", ["response.failed"], receiver.url)
    assert mine.webhooks.update(one.id) == changed
    gone = mine.webhooks.delete(one.id)
    assert (gone.id, gone.deleted) == (one.id, True)
    with client_of(own, "beta-key") as stranger:
        assert list(stranger.webhooks.list()) == []
        for client, id_ in ((mine, one.id), (mine, native), (mine, "whk_x"), (stranger, made[1].id)):
            for call in (client.webhooks.retrieve, client.webhooks.delete, client.webhooks.rotate_secret):
                with pytest.raises(NotFoundError, match=f"Webhook endpoint with id '{id_}' not found"):
                    call(id_)
    assert mine.webhooks.event_types.list().data == [*TYPES]


def test_a_test_is_sent_at_once(mine: OpenAI, receiver: Receiver) -> None:
    made = mine.webhooks.create(name="ends", url=receiver.url, event_types=["response.completed"])
    receiver.answers = [Answer(status=503)]
    assert mine.webhooks.test(made.id, event_type="response.failed").status_code == 503
    assert mine.webhooks.test(made.id, event_type="response.failed").status_code == 200
    first, second = receiver.got
    assert unwrapped(mine, first, made.signing_secret)[1] == "response.failed"
    assert first.id != second.id
    nobody = mine.webhooks.create(name="nobody", url="http://127.0.0.1:9/", event_types=["response.completed"])
    with pytest.raises(BadRequestError, match="could not be reached"):
        mine.webhooks.test(nobody.id, event_type="response.failed")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"event_types": ["batch.completed"]}, "event_types[0]"),
        ({"event_types": ["response.completed", "turn.completed"]}, "event_types[1]"),
        ({"event_types": []}, "event_types"),
        ({"name": ""}, "name"),
        ({"url": "ftp://example.com"}, None),
        ({"url": "http://10.0.0.1/"}, None),
        ({"format": "native"}, "format"),
    ],
)
def test_what_cannot_be_is_refused_by_field(openai: OpenAI, body: dict[str, Any], param: str | None) -> None:
    good = {"name": "ends", "url": "https://example.com/hook", "event_types": ["response.completed"]}
    with pytest.raises(BadRequestError) as refused:
        openai.post("/webhook_endpoints", body={**good, **body}, cast_to=dict[str, Any])
    assert refused.value.param == param
