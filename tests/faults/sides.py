"""Where a turn is broken: on the adapters of one machine, or on those of AWS under moto."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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

MEMORY = Path("/dev/shm")  # Linux has it
ROOM = 256 * 1024**2
"""Bytes that must be free there."""


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
    """SQLite and folders, in memory where there is room: no power fails here, and an fsync costs nothing there."""
    number = itertools.count()
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    with TemporaryDirectory(dir=MEMORY if roomy else folder) as name:

        def make() -> Place:
            below = Path(name) / str(next(number))
            below.mkdir()
            clock = HeldClock()
            table = SqliteTable(below / "table.db", clock)

            def close() -> None:
                table.close()
                shutil.rmtree(below)

            return Place(clock, table, FolderWorkspace(below / "files"), close)

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
