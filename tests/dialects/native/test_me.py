"""Who is calling, and what there is for them."""

from pathlib import Path

import httpx

from tests.kit.servers import PATIENCE, running
from walkaway_core.http.access import Keyring
from walkaway_core.settings import Settings
from walkaway_core.store import api_keys
from walkaway_wire.me import FEATURES


def test_it_says_whose_key_it_is_and_what_there_is(client: httpx.Client, stranger: httpx.Client) -> None:
    mine, other = client.get("/v1/me").json(), stranger.get("/v1/me").json()
    assert (mine["tenant"], other["tenant"]) == ("alpha", "beta")
    assert mine["key"] == {"id": api_keys.digest("alpha-key")[:16], "name": ""}
    assert mine["key"] != other["key"]
    assert mine["features"] == sorted(FEATURES)
    assert mine["models"] == [{"id": "rehearsal", "default": True}]
    assert mine["version"] == client.get("/health").json()["version"]
    assert {type(limit) for limit in mine["limits"].values()} == {int}
    too_much = {"message": "x" * (mine["limits"]["message_characters"] + 1)}
    assert client.post("/v1/sessions/none/messages", json=too_much).status_code == 400
    assert client.get("/v1/me", headers={"Authorization": "Bearer no"}).status_code == 401


def test_who_needs_no_key_has_none_and_a_key_that_was_made_has_its_name(tmp_path: Path) -> None:
    with (
        running(tmp_path / "data", Settings()) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as anyone,
    ):
        me = anyone.get("/v1/me").json()
        assert (me["tenant"], me["key"]) == ("local", None)
        table, clock = server.stack.services.table, server.stack.services.clock
        key, made = api_keys.create(table, clock, "carol", "laptop")
        assert Keyring({}, table).about(key) == made


def test_models_are_those_that_can_be_called(tmp_path: Path) -> None:
    settings = Settings(model="claude-sonnet-5-5", base_url="http://127.0.0.1:9")
    with running(tmp_path / "data", settings) as server, httpx.Client(base_url=server.url, timeout=PATIENCE) as anyone:
        models = anyone.get("/v1/me").json()["models"]
        assert models[0] == {"id": "claude-sonnet-5-5", "default": True}
        assert {"id": "rehearsal", "default": False} in models
        assert len(models) == len({model["id"] for model in models})
        assert not [model for model in models if "bedrock" in model["id"]]
