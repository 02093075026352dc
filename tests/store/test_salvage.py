"""What is damaged is shown as that: every kind of record, every kind of damage, each way to ask, both shapes."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.http import test_answers
from tests.http.test_body_limit import App
from tests.kit.moto_services import TABLE, account
from walkaway_core.aws.expressions import to_attributes
from walkaway_core.aws.table import DynamoTable
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors.sweep import sweep
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.ports.items import Fact, Item
from walkaway_core.settings import Settings
from walkaway_core.store import salvage
from walkaway_core.store.salvage import WRONG
from walkaway_local.stack import LocalStack
from walkaway_wire import gate

Row = tuple[str, bytes]
filled = test_answers.filled
KINDS = {
    "session": "sk LIKE 'SESSION#%'",
    "turn": "sk LIKE 'TURN#%'",
    "entry": "sk LIKE 'ENTRY#%'",
    "event": "sk GLOB '[0-9]*'",
    "agent": "sk GLOB 'AGENT#*'",
    "name of an agent": "sk GLOB 'AGENTNAME#*'",
    "version of an agent": "sk GLOB 'AGENT*#*#*'",
    "tool": "pk LIKE '%#REGISTRY'",
    "schedule": "sk LIKE 'SCHEDULE#%'",
    "firing": "pk LIKE '%#FIRINGS'",
    "webhook": "sk LIKE 'WEBHOOK#%'",
    "delivery": "sk LIKE 'evt_%'",
    "task": "sk LIKE 'TASK#%'",
    "run": "sk LIKE '%RUN%' OR pk LIKE '%RUN%'",
    "what a response was asked for": "sk LIKE 'RESPONSE#%'",
    "input of a response": "sk LIKE 'INPUT#%'",
    "settings of a turn": "sk LIKE 'SETTINGS#%'",
    "child": "sk LIKE 'CHILD#%'",
    "file": "pk LIKE '%#FILES'",
    "upload": "pk LIKE '%#UPLOADS'",
    "environment": "sk LIKE 'ENVIRONMENT#%'",
    "session of Managed Agents": "pk LIKE '%#MANAGED'",
    "mount": "sk LIKE 'MOUNT#%'",
    "container": "sk = 'CONTAINER'",
    "due item": "pk LIKE '%DUE%'",
    "execution": "pk = 'SYS#MACHINE'",
    "everything": "1",
}


def each(value: Any) -> Callable[[Any], Any]:
    """Give every value of an object another one."""
    return lambda whole: dict.fromkeys(whole, value) if isinstance(whole, dict) else value


def of_facts(damage: Callable[[Any], Any]) -> Callable[[Row], Row]:
    return lambda row: (json.dumps(damage(json.loads(row[0]))), row[1])


def of_body(damage: Callable[[Any], Any]) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        try:
            return row[0], json.dumps(damage(json.loads(row[1]))).encode()
        except ValueError:
            return row

    return change


VALUES: dict[str, Any] = {"null": None, "a list": [7], "text": "x", "a fraction": 1.5, "a number": 7, "an object": {}}
DAMAGES: dict[str, Callable[[Row], Row]] = {
    "facts are no JSON": lambda row: ("{", row[1]),
    "facts are no object": lambda row: ("[1]", row[1]),
    "facts are gone": lambda row: ("{}", row[1]),
    **{f"facts are {name}": of_facts(each(value)) for name, value in VALUES.items()},
    **{f"fields are {name}": of_body(each(value)) for name, value in VALUES.items()},
}


class Damaged:
    """A server on data that somebody has written into by hand."""

    def __init__(self, whole: Path, data: Path, where: str, damage: Callable[[Row], Row]) -> None:
        shutil.copytree(whole, data)
        self.names = json.loads((whole.parent / "names.json").read_text())
        with sqlite3.connect(data / "walkaway.db", isolation_level=None) as connection:
            rows = connection.execute(f"SELECT pk, sk, facts, body FROM items WHERE {where}").fetchall()
            self.count = len(rows)
            for pk, sk, *row in rows:
                values = (*damage((row[0], row[1])), pk, sk)
                connection.execute("UPDATE items SET facts = ?, body = ? WHERE pk = ? AND sk = ?", values)
        short: Any = {"stream_seconds": 0.1, "hold_seconds": 0.1, "rehearsal_delay": 0, "outbound_loopback": True}
        self.stack = LocalStack(data, Settings(**short))
        self.app = App(create_app(self.stack.services, Keyring({}), DIALECTS))

    def ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self.app.ask(method, test_answers.address(path, self.names), **options)
        assert answer.status_code < 500, (method, path, answer.text[:500])
        return answer


@pytest.fixture
def damaged(filled: Path, tmp_path: Path) -> Iterator[Callable[[str, str], Damaged]]:
    made: list[Damaged] = []

    def make(kind: str, damage: str) -> Damaged:
        made.append(Damaged(filled, tmp_path / "data", KINDS[kind], DAMAGES[damage]))
        return made[0]

    yield make
    for each_ in made:
        each_.stack.close()


PYTHONS = re.compile(
    r"(Key|Value|Type|Attribute|Assertion|Index|Decode)Error|codec|has no attribute|\bNone\b|\bnot iterable|unpack|\('"
)
"""What Python says of values that it cannot take; nobody who reads a record knows it."""


@pytest.mark.deep
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_shown_and_can_be_deleted(damaged: Callable[[str, str], Damaged], kind: str, damage: str) -> None:
    server = damaged(kind, damage)
    server.stack.run()
    sweep(server.stack.services)
    for path in (
        path for path in server.app.reads if not re.search("{path|openapi", path)
    ):  # documents show no records
        shown = server.ask("GET", path, headers={"Last-Event-ID": ""}).text
        assert not path.startswith(("/v1", "/api")) or not PYTHONS.search(shown), (path, shown)
    server.ask("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"})
    server.ask("POST", "/api/tools/register", json={"tools": [{"name": "b", "description": "", "schema_data": {}}]})
    server.ask("PATCH", "/v1/webhooks/{webhook}", json={"description": "x"})
    server.ask("POST", "/v1/webhooks/{webhook}/rotate")
    server.ask("POST", "/v1/webhooks/{webhook}/test")
    server.ask("PATCH", "/v1/agents/{agent}", json={"description": "x"})
    server.ask("PATCH", "/v1/sessions/{session}", json={"metadata": {"a": 1}})
    for on_busy in ("reject", "enqueue", "steer", "interrupt"):
        said = {"message": "hi", "on_busy": on_busy}
        server.ask("POST", "/v1/sessions/{session}/messages", json=said, headers={"Prefer": "respond-async"})
    server.ask("POST", "/v1/sessions/{session}/responses/{response_id}/cancel")
    for name in ("first", "response", "fork"):
        on = {"input": "hi", "previous_response_id": server.names[name], "background": True}
        server.ask("POST", "/v1/responses", json=on)
        id_ = f"/v1/responses/{server.names[name]}"
        for path in (id_, f"{id_}?stream=true", f"{id_}/input_items"):
            shown = server.ask("GET", path).text
            assert not PYTHONS.search(shown), (path, shown)
    item = {"type": "input_file", "file_id": server.names["file"]}
    server.ask("POST", "/v1/responses", json={"input": [{"role": "user", "content": [item]}], "background": True})
    server.ask("POST", "/v1/uploads/{upload}/parts", files={"data": ("b", b"b")})
    server.ask("POST", "/v1/uploads/{upload}/complete", json={"part_ids": [server.names["part"]]})
    server.ask("POST", "/v1/uploads/{upload}/cancel")
    server.ask("POST", "/v1/webhook_endpoints/{endpoint}", json={"name": "x"})
    for name in ("first", "response", "fork"):
        server.ask("POST", f"/v1/responses/{server.names[name]}/cancel")
        server.ask("DELETE", f"/v1/responses/{server.names[name]}")
    server.ask("DELETE", "/v1/webhook_endpoints/{endpoint}")
    of_managed(server)
    for kept in server.ask("GET", "/v1/files").json()["data"]:
        assert server.ask("DELETE", f"/v1/files/{kept['id']}").status_code == 200
    for path in ("/v1/webhooks/{webhook}", "/v1/agents/{agent}", "/v1/sessions/{session}", "/api/v1/runs/{run}"):
        server.ask("DELETE", path)
    delete_all(server, "sessions")
    delete_all(server, "agents")
    assert server.ask("GET", "/v1/sessions").json() == []
    delete_all(server, "webhooks")
    assert server.ask("GET", "/v1/webhooks").json() == []
    assert server.ask("GET", "/v1/agents").json() == []
    assert server.ask("GET", "/v1/files").json()["data"] == []
    sweep(server.stack.services)


def delete_all(server: Damaged, what: str) -> None:
    for each in server.ask("GET", f"/v1/{what}").json():
        server.ask("DELETE", f"/v1/{what}/{each['id']}")


def of_managed(server: Damaged) -> None:
    """Do with what Managed Agents have all that can be done with it."""
    session = "/managed/v1/sessions/{session}"
    message: dict[str, Any] = {"type": "user.message", "content": [{"type": "text", "text": "x"}]}
    server.ask("POST", "/managed/v1/agents/{agent}", json={"description": "x"})
    server.ask("POST", "/managed/v1/environments/{environment}", json={"description": "x"})
    server.ask("POST", session, json={"metadata": {"a": "1"}})
    for event in (message, {"type": "user.interrupt"}):
        server.ask("POST", f"{session}/events", json={"events": [event]})
    server.ask("DELETE", f"{session}/resources/{{resource}}")
    server.ask("POST", f"{session}/archive")
    server.ask("DELETE", session)
    server.ask("DELETE", "/managed/v1/environments/{environment}")


SHOWN = {
    "session": ("/v1/sessions", "/v1/sessions/{session}"),
    "turn": ("/v1/sessions/{session}/responses", "/v1/sessions/{session}/responses/{response_id}"),
    "agent": ("/v1/agents", "/v1/agents/{agent}"),
    "webhook": ("/v1/webhooks", "/v1/webhooks/{webhook}"),
}


@pytest.mark.deep
@pytest.mark.parametrize("kind", SHOWN)
def test_a_list_and_the_record_itself_say_what_cannot_be_read(
    damaged: Callable[[str, str], Damaged], kind: str
) -> None:
    server = damaged(kind, "facts are no JSON")
    for path in SHOWN[kind]:
        shown = server.ask("GET", path).text
        assert "cannot be read" in shown, (path, shown)
    assert server.stack.run() == 0, "nothing goes on"


ATTRIBUTES: dict[str, Any] = {
    "gone": None,
    "null": {"NULL": True},
    "a list": {"L": [{"N": "7"}]},
    "text": {"S": "x"},
    "a fraction": {"N": "1.5"},
    "bytes": {"B": b"x"},
}
LISTS = ("/v1/sessions", "/v1/agents", "/v1/webhooks", "/api/tools", "/api/v1/runs")


@pytest.mark.deep
@pytest.mark.parametrize("damage", ATTRIBUTES)
def test_lists_go_on_over_damaged_attributes_of_dynamodb(filled: Path, tmp_path: Path, damage: str) -> None:
    """All records of a table twice: as they were, and with every attribute damaged, under keys beside."""
    with sqlite3.connect(filled / "walkaway.db") as connection:
        rows = connection.execute("SELECT pk, sk, facts, body FROM items").fetchall()
    stack = LocalStack(tmp_path / "data", Settings())
    with account() as aws:
        client = aws.table()
        for pk, sk, facts, body in rows:
            whole = to_attributes(Item(pk, sk, json.loads(facts), body))
            broken = {name: value if name in {"pk", "sk"} else ATTRIBUTES[damage] for name, value in whole.items()}
            broken["sk"] = {"S": f"{sk}-" if "SESSION#" in sk or sk.startswith(("AGENT#", "WEBHOOK#")) else f"{sk}"}
            client.put_item(TableName=TABLE, Item=whole)
            client.put_item(TableName=TABLE, Item={name: value for name, value in broken.items() if value})
        table = DynamoTable(client, TABLE, stack.services.clock)
        app = App(create_app(replace(stack.services, table=table), Keyring({}), DIALECTS))
        for path in LISTS:
            answer = app.ask("GET", path)
            assert answer.status_code == 200, (path, answer.text[:500])
        assert len(app.ask("GET", "/v1/sessions").json()) == 2 * sum("SESSION#" in sk for _, sk, *_ in rows)
        for session in app.ask("GET", "/v1/sessions").json():
            assert app.ask("DELETE", f"/v1/sessions/{session['id']}").status_code == 204
        assert app.ask("GET", "/v1/sessions").json() == []
        table.close()
    stack.close()


ITEM = Item("T#t", "thing", {"kind": "old", "count": "many"}, b"{}")
NEEDS: Mapping[str, Fact] = {"kind": "", "count": 0}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_unpacking_raises_is_said_in_the_record(wrong: type[Exception]) -> None:
    def unpack(item: Item) -> tuple[object, str]:
        if item.body == b"{}":
            raise wrong("a misfit")
        return item.facts, gate.stored_object(item.body)[gate.UNREADABLE]

    facts, why = salvage.read(ITEM, unpack, NEEDS, {"status": "failed"})
    assert facts == {"kind": "old", "count": 0, "status": "failed"}
    assert why.startswith("what is stored here cannot be read")


@pytest.mark.parametrize("wrong", WRONG)
def test_what_raises_once_more_is_read_without_any_of_its_facts(wrong: type[Exception]) -> None:
    def unpack(item: Item) -> object:
        if item.facts.get("kind") == "old":
            raise wrong("a misfit")
        return item.facts

    assert salvage.read(ITEM, unpack, NEEDS) == NEEDS


def test_other_errors_are_nobodys_to_hide() -> None:
    def unpack(_: Item) -> object:
        raise MemoryError

    with pytest.raises(MemoryError):
        salvage.read(ITEM, unpack, NEEDS)
