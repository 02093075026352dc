"""`walkaway webhooks`: what the API says, and who is meant."""

import json

import pytest

from tests.kit.clients import quick
from tests.kit.terminals import Caller


@pytest.fixture
def there(asked: Caller) -> Caller:
    """Somebody whose server has no webhooks."""
    with quick(asked.url) as client:
        for hook in client.webhooks.list():
            client.webhooks.delete(hook)
    return asked


def test_json_is_what_the_api_says(there: Caller) -> None:
    hooks, path = ("webhooks",), "/v1/webhooks"
    made = json.loads(there(*hooks, "create", "https://example.com/", "--name", "reports", "--json").out)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    shown = json.loads(there("api", "GET", f"{path}/{made['id']}").out)
    assert json.loads(there(*hooks, "show", "reports", "--json").out) == shown == made
    assert json.loads(there(*hooks, "list", "--json").out) == [made]
    ran = there(
        *hooks, "edit", made["id"][-6:], "--description", "mine", "--event", "turn.failed", "--disable", "--json"
    )
    changed = {"description": "mine", "events": ["turn.failed"], "status": "disabled", "reason": "disabled by hand"}
    assert json.loads(ran.out) == {**made, **changed}
    ran = there(*hooks, "edit", "reports", "--address", "https://example.org/", "--name", "", "--json")
    assert json.loads(ran.out) == {**made, **changed, "url": "https://example.org/", "name": ""}
    sent = json.loads(there(*hooks, "test", made["id"], "--json").out)
    assert sent["type"] == "webhook.test"
    (listed,) = json.loads(there(*hooks, "deliveries", made["id"], "--json").out)
    assert (listed["id"], set(listed)) == (sent["id"], set(sent))
    assert json.loads(there(*hooks, "redeliver", made["id"], sent["id"][-6:], "--json").out)["id"] == sent["id"]
    assert json.loads(there(*hooks, "rotate", made["id"], "--json").out)["secret"] not in {secret, ""}
    assert json.loads(there(*hooks, "delete", made["id"], "--yes", "--json").out) == {"id": made["id"], "deleted": True}
    assert there(*hooks, "list", "--json").out == "[]\n"


def test_deliveries_go_on_over_pages(there: Caller) -> None:
    there("webhooks", "create", "https://example.com/", "--name", "reports")
    with quick(there.url) as client:
        for _ in range(101):
            client.webhooks.test("reports")
    assert len(there("webhooks", "deliveries", "reports", "--limit", "200", "-q").out.split()) == 101
    assert len(there("webhooks", "deliveries", "reports", "--limit", "3", "-q").out.split()) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("create", "ftp://example.com/"), 1, "url"),
        (("create", "https://example.com/", "--name", "reports"), 1, "already"),
        (("create", "https://example.com/", "--event", "nothing"), 2, "--event: there is no event 'nothing'. They are"),
        (("edit", "reports", "--event", "turn.complete"), 2, "Did you mean 'turn.completed'?"),
        (("create", "http://127.0.0.1:3000/hook"), 1, "walkaway listen --forward http://127.0.0.1:3000/hook"),
        (("edit", "reports", "--address", "http://localhost/"), 1, "walkaway listen --forward http://localhost/"),
        (("edit", "reports"), 2, "nothing to change"),
        (("show", "nobody"), 7, "no webhook 'nobody'"),
        (("show", "whk_" + "0" * 24), 7, "webhook"),
        (("redeliver", "reports", "@"), 7, "no delivery"),
        (("delete", "reports"), 2, "--yes"),
    ],
)
def test_what_cannot_be(there: Caller, arguments: tuple[str, ...], code: int, words: str) -> None:
    there("webhooks", "create", "https://example.com/", "--name", "reports")
    ran = there("webhooks", *arguments)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert words in ran.err
    assert len(there("webhooks", "list", "-q").out.split()) == 1


def test_a_name_that_fits_two_lists_them(there: Caller) -> None:
    with quick(there.url) as client:
        ids = [client.webhooks.create(url="https://example.com/").id for _ in range(2)]
    shared = ids[0][: len("whk_") + 6]
    assert ids[1].startswith(shared)
    ran = there("webhooks", "show", shared)
    assert ran.code == 2
    assert all(each in ran.err for each in ids)
