"""API keys: kept as hashes, listed, revoked, and known to a server for a minute at the most."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from tests.kit import forked
from tests.kit.clock import HeldClock
from tests.kit.moto_services import TABLE, account
from tests.kit.servers import served
from walkaway_core.aws.table import DynamoTable, connect
from walkaway_core.errors import Invalid, NotFound, Unauthorized
from walkaway_core.http.access import Keyring
from walkaway_core.ports.items import Fact, Item, Put
from walkaway_core.ports.table import Table
from walkaway_core.store import api_keys, keys
from walkaway_local.table import SqliteTable

CLOCK = HeldClock()


@pytest.fixture(params=["local", "deployed"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    if request.param == "local":
        made = SqliteTable(tmp_path / "table.db", CLOCK)
        yield made
        made.close()
        return
    with account() as aws:
        deployed = DynamoTable(aws.table(), TABLE, CLOCK)
        yield deployed
        deployed.close()


def tenant(ring: Keyring, key: str | None) -> str:
    return asyncio.run(ring.tenant(key))


def test_a_key_opens_its_tenant_and_stands_nowhere(table: Table) -> None:
    key, kept = api_keys.create(table, CLOCK, "alice", "laptop")
    assert tenant(Keyring({}, table, CLOCK), key) == "alice"
    (item,) = table.query(keys.API_KEYS).items
    assert key not in f"{item}"
    assert (kept.name, kept.created_at) == ("laptop", CLOCK.now())
    assert key.startswith(api_keys.PREFIX)
    assert len(key) >= 40


@pytest.mark.parametrize("wrong", [None, "", "wk_", "wk_wrong", "\udcff", "x" * 10_000])
def test_nothing_is_open_without_a_key(table: Table, wrong: str | None) -> None:
    ring = Keyring({}, table, CLOCK)
    for _ in range(2):
        with pytest.raises(Unauthorized):
            tenant(ring, wrong)
        api_keys.create(table, CLOCK, "alice")


def test_the_beginning_of_a_hash_or_the_hash_itself_is_no_key(table: Table) -> None:
    key, kept = api_keys.create(table, CLOCK, "alice")
    for wrong in (kept.id, api_keys.digest(key), key[:-1], f"{key}x", key.upper()):
        with pytest.raises(Unauthorized):
            tenant(Keyring({}, table, CLOCK), wrong)


def test_a_revoked_key_is_forgotten_within_forty_seconds_and_a_new_one_known_at_once(table: Table) -> None:
    clock, ring_key = HeldClock(), api_keys.create(table, CLOCK, "alice")
    ring = Keyring({}, table, clock)
    assert tenant(ring, ring_key[0]) == "alice"
    api_keys.revoke(table, ring_key[1].id)
    clock.time += 39
    assert tenant(ring, ring_key[0]) == "alice", "it is not asked for at every request"
    clock.time += 1
    clock.set = -3600
    with pytest.raises(Unauthorized):
        tenant(ring, ring_key[0])
    assert tenant(ring, api_keys.create(table, CLOCK, "bob")[0]) == "bob"


def test_keys_of_the_settings_open_beside_those_of_the_table(table: Table) -> None:
    key, _ = api_keys.create(table, CLOCK, "alice")
    ring = Keyring({"given": "bob"}, table, CLOCK)
    assert (tenant(ring, "given"), tenant(ring, key)) == ("bob", "alice")


def test_keys_are_listed_by_tenant_and_age_and_revoked_by_id(table: Table) -> None:
    clock = HeldClock()
    made = []
    for owner in ("bob", "alice", "bob"):
        clock.time += 1
        made.append(api_keys.create(table, clock, owner)[1])
    assert api_keys.listing(table) == [made[1], made[0], made[2]]
    assert api_keys.any_exist(table)
    assert api_keys.revoke(table, made[0].id) == made[0]
    assert api_keys.listing(table) == [made[1], made[2]]


@pytest.mark.parametrize("wrong", ["", "a", "0" * 16, "0" * 64, "../../etc/passwd", "ü" * 16])
def test_an_unknown_id_revokes_nothing(table: Table, wrong: str) -> None:
    kept = api_keys.create(table, CLOCK, "alice")[1]
    for unknown in (wrong, kept.id[:-1], f"{kept.id}0"):
        with pytest.raises(NotFound, match="no key"):
            api_keys.revoke(table, unknown)
    assert len(api_keys.listing(table)) == 1


@pytest.mark.parametrize("wrong", ["", "a b", "a#b", "../x", "é", "a" * 65])
def test_a_tenant_that_cannot_be_a_key_of_the_table_is_refused(table: Table, wrong: str) -> None:
    with pytest.raises(Invalid):
        api_keys.create(table, CLOCK, wrong)
    assert not api_keys.any_exist(table)


def walkaway(*arguments: str) -> subprocess.CompletedProcess[str]:
    return forked.run(["walkaway", "keys", *arguments], os.environ)


def test_the_command_makes_keys_that_a_server_asks_for_from_its_next_start(tmp_path: Path) -> None:
    data = f"--data={tmp_path / 'data'}"
    with served(tmp_path / "data") as server, server.client() as client:
        assert client.get("/v1/sessions").status_code == 200
        made = walkaway("create", "alice", "--name=laptop", data)
        assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert "next start" in walkaway("create", "--help").stdout
    with served(tmp_path / "data") as server, server.client() as client:
        assert client.get("/v1/sessions").status_code == 401
        assert client.get("/v1/sessions", headers={"X-API-Key": key}).status_code == 200
        second = walkaway("create", "bob", data).stdout.strip()
        assert client.get("/v1/sessions", headers={"Authorization": f"Bearer {second}"}).status_code == 200
    listed = [line.split() for line in walkaway("list", data).stdout.splitlines()]
    assert (listed[0][1], listed[0][-1]) == ("alice", "laptop")
    raws = json.loads(walkaway("list", data, "--json").stdout)
    assert [(raw["id"], raw["tenant"], raw["name"]) for raw in raws] == [
        (listed[0][0], "alice", "laptop"),
        (listed[1][0], "bob", ""),
    ]
    assert walkaway("list", data, "-q").stdout.split() == [raw["id"] for raw in raws]
    assert walkaway("list", data, "--field", "tenant").stdout == "alice\nbob\n"
    said = json.loads(walkaway("create", "carol", data, "--json").stdout)
    assert said["key"].startswith("wk_")
    assert json.loads(walkaway("revoke", said["id"], data, "--json").stdout)["revoked"] is True
    wrong = walkaway("revoke", "0123456789abcdef", data, "--json")
    assert (wrong.returncode, set(json.loads(wrong.stderr))) == (1, {"error", "message"})
    assert walkaway("revoke", listed[0][0], data).returncode == 0
    assert len(walkaway("list", data).stdout.splitlines()) == 1


def test_keys_open_a_server_to_the_world(tmp_path: Path) -> None:
    key = walkaway("create", "alice", f"--data={tmp_path / 'data'}").stdout.strip()
    with served(tmp_path / "data", "--host", "0.0.0.0") as server, server.client() as client:
        assert client.get("/v1/sessions").status_code == 401
        assert client.get("/v1/sessions", headers={"X-API-Key": key}).status_code == 200


def test_a_table_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # else botocore asks a machine of EC2 for credentials
    done = walkaway("list", "--table=nowhere")
    assert done.returncode == 1
    assert "nowhere, looked for in the Region of your AWS profile: You must specify a region; --region" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_of_another_region_is_found_by_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    environ = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    for name, value in {**environ, "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": "/nowhere"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION", raising=False)
    try:
        kinds: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        parts: Any = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        connect(region_name="eu-central-1").create_table(
            TableName=TABLE, KeySchema=parts, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST"
        )
        elsewhere = walkaway("create", "alice", f"--table={TABLE}")
        assert elsewhere.returncode == 1
        assert f"{TABLE}, looked for in us-east-1: The table is not there; --region names" in elsewhere.stderr
        made = walkaway("create", "alice", f"--table={TABLE}", "--region=eu-central-1")
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith("wk_")
    finally:
        server.stop()
    assert "--table" in walkaway("list", "--region=eu-central-1").stderr


@pytest.mark.parametrize(
    "facts", [{}, {"tenant": 7}, {"tenant": "a#b", "name": 1}, {"tenant": "alpha", "created": "x"}]
)
def test_a_damaged_record_is_nobodys_key_listed_and_can_be_revoked(table: Table, facts: dict[str, Fact]) -> None:
    key, _ = api_keys.create(table, CLOCK, "beta")
    other, _ = api_keys.create(table, CLOCK, "alpha")
    table.write(Put(Item(keys.API_KEYS, api_keys.digest(key), facts)))
    assert api_keys.tenant_of(table, api_keys.digest(key)) == (facts.get("tenant") if "created" in facts else None)
    assert api_keys.tenant_of(table, api_keys.digest(other)) == "alpha"
    assert len(api_keys.listing(table)) == 2
    api_keys.revoke(table, api_keys.digest(key)[: api_keys.ID_DIGITS])
    assert [one.tenant for one in api_keys.listing(table)] == ["alpha"]
