"""Where a turn is broken: on the adapters of one machine, or on those of AWS under moto."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from walkaway_core.aws.table import DynamoTable
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports import patience
from walkaway_core.ports.table import Table
from walkaway_core.ports.workspace import Workspace
from walkaway_local.table import SqliteTable
from walkaway_local.workspace import FolderWorkspace


@dataclass(frozen=True)
class Place:
    """What one world stands on: empty, and its own. `trouble` is DynamoDB's."""

    clock: HeldClock
    table: Table
    workspace: Workspace
    close: Callable[[], None]
    trouble: Trouble | None = None

    @contextmanager
    def untroubled(self) -> Iterator[None]:
        """Let a test look for itself, without being counted or troubled."""
        if self.trouble:
            self.trouble.aside = True
        yield
        if self.trouble:
            self.trouble.aside = False


Places = Callable[[], Place]
"""Makes one place after the other."""


@contextmanager
def one_machine(folder: Path) -> Iterator[Places]:
    """SQLite and folders."""
    number = itertools.count()

    def make() -> Place:
        below = folder / str(next(number))
        below.mkdir()
        clock = HeldClock()
        table = SqliteTable(below / "table.db", clock)
        return Place(clock, table, FolderWorkspace(below / "files"), table.close)

    yield make


@contextmanager
def aws(_: Path) -> Iterator[Places]:
    """DynamoDB and S3: a table and a bucket for each place, in one account under moto. What is repeated is not slow."""
    number = itertools.count()
    from tests.kit.moto_services import account  # a second to import

    with account() as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "FIRST", 0.0001)
        patch.setattr(patience, "LONGEST", 0.0001)

        def make() -> Place:
            name = f"walkaway-{next(number)}"
            clock, client, bucket = HeldClock(), made.table(name), made.bucket(name)
            table = DynamoTable(client, name, clock)
            trouble = Trouble(client._client)  # type: ignore[attr-defined]
            return Place(clock, table, S3Workspace(bucket, name), table.close, trouble)

        yield make


SIDES = {"one machine": one_machine, "AWS": aws}
