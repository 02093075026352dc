"""The emulated account: moto as it is set here, and what makes it faster at what this project does."""

import copy
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from moto import mock_aws
from moto.core.config import default_user_config
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from dev.template import PSEUDO

REGION = PSEUDO["AWS::Region"]
ACCOUNT: Mapping[str, str] = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "emulated",
    "AWS_SECRET_ACCESS_KEY": "emulated",
}
"""The environment of whoever talks to the emulated account."""
EMULATED: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
"""moto's settings: its interpreter carries executions out, its Lambda is called in this process."""
CORE: Any = {"core": {**default_user_config["core"], "reset_boto3_session": False}}
"""boto3's session stays from one account to the next: it has read what makes clients, 0.1 seconds for each service."""
PLAIN = ("S", "N", "BOOL", "NULL")
"""Kinds of values that stand in an answer as they are kept."""


@contextmanager
def emulated() -> Iterator[None]:
    """Emulate an account in this process."""
    with ExitStack() as stack:
        stack.enter_context(mock_aws(config=EMULATED | CORE))
        stack.enter_context(replaced(BaseJSONSerializer, "_serialize_type_structure", _serialized))
        stack.enter_context(replaced(Table, "__deepcopy__", _snapshot))
        stack.enter_context(replaced(DynamoDBBackend, "update_item", _updated))
        yield


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Give something another value until the block ends."""
    before = getattr(owner, name, None)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


_serialize, _update = BaseJSONSerializer._serialize_type_structure, DynamoDBBackend.update_item  # noqa: SLF001


def _serialized(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Answer with a plain value of an item as it is: moto looks for each of ten kinds under each of their names."""
    if shape.name == "AttributeValue" and key and isinstance(value, dict) and len(value) == 1:
        kind, content = next(iter(value.items()))
        if kind in PLAIN:
            serialized[key] = {kind: content}
            return
    _serialize(self, serialized, value, shape, key)


def _snapshot(table: Any, _: Any) -> Any:
    """Remember a table without copying its items: moto does so before each transaction, in case that fails."""
    made = copy.copy(table)
    made.items = defaultdict(dict, {key: dict(items) for key, items in table.items.items()})
    return made


def _updated(self: Any, table_name: str, key: Any, *rest: Any, **options: Any) -> Any:
    """Change a copy of an item: the one that a snapshot has stays as it was."""
    table = self.get_table(table_name)
    items = table.items[DynamoType(key[table.hash_key_attr])]
    place = DynamoType(key[table.range_key_attr])
    if place in items:
        items[place] = copy.deepcopy(items[place])
    return _update(self, table_name, key, *rest, **options)
