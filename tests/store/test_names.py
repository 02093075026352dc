"""Names of agents, schedules and webhooks over HTTP: none stands for the id of another one."""

from typing import Any

import httpx
import pytest

from tests.kit.servers import Running
from walkaway_core.ports.items import Item, Put
from walkaway_core.schedules import places
from walkaway_core.store import keys

KINDS: dict[str, dict[str, Any]] = {
    "agents": {},
    "schedules": {"cron": "0 8 * * *", "message": "x"},
    "webhooks": {"url": "https://example.com/"},
}
ONE = "019a6f0c3f6e1a2b3c4d5e6f"


def make(client: httpx.Client, kind: str, name: str) -> str:
    answer = client.post(f"/v1/{kind}", json={**KINDS[kind], "name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_looks_like_an_id_is_refused(client: httpx.Client, kind: str) -> None:
    id_ = make(client, kind, f"plain-{kind}")
    prefix = id_.partition("_")[0]
    for name in (id_, f"{prefix}_{ONE}"):
        for answer in (
            client.post(f"/v1/{kind}", json={**KINDS[kind], "name": name}),
            client.patch(f"/v1/{kind}/{id_}", json={"name": name}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
            assert "`name`" in answer.json()["message"]
    make(client, kind, f"{prefix}_{ONE[:-1]}")


@pytest.mark.parametrize("kind", ["agents", "schedules"])
def test_an_id_means_what_has_it_whatever_is_called_so(client: httpx.Client, server: Running, kind: str) -> None:
    id_, other = make(client, kind, f"mine-{kind}"), make(client, kind, f"yours-{kind}")
    table = server.stack.services.table
    named = {"agents": keys.agent_name, "schedules": places.schedule_name}[kind]
    table.write(Put(Item(*named("alpha", id_), {kind[:-1]: other})))  # as earlier versions let one be called
    assert client.get(f"/v1/{kind}/{id_}").json()["id"] == id_
    assert client.delete(f"/v1/{kind}/{id_}").status_code == 204
    assert client.get(f"/v1/{kind}/{other}").json()["id"] == other
