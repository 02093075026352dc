"""The engine by hand: real adapters, a clock that stands still, a machine that stores executions and runs none."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.kit.clock import HeldClock
from tests.kit.faulty import FaultyTable
from tests.kit.kept import Kept
from walkaway_core.doors import DOORS
from walkaway_core.engine import creating, sending
from walkaway_core.log import log
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.clock import TimeIds
from walkaway_core.settings import Settings
from walkaway_core.store import keys, sessions, turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_local.machine import asl
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.stack import definition
from walkaway_local.table import SqliteTable
from walkaway_local.workspace import FolderWorkspace
from walkaway_wire.events import Event

if TYPE_CHECKING:
    from walkaway_core.ports.items import Item

WINDOW = 40_000
"""Tokens that the models of these tests take."""


@dataclass
class Engine:
    """Services whose parts a test can reach, and the questions that tests ask."""

    services: Services
    table: FaultyTable
    clock: HeldClock
    metrics: Kept = field(default_factory=Kept)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def session(self, **options: Any) -> SessionKey:
        made = creating.create(self.services, "t", sessions.options({"model": "test-model"} | options), {}).key
        while time.time_ns() // 1_000_000 == int(made.session[-24:-12], 16):
            time.sleep(0.0001)  # of what one millisecond has made nobody knows the order
        return made

    def turn(self, session: SessionKey | None = None) -> Turn:
        return sending.send(self.services, session or self.session(), "go").turn

    def compacts_at(self, tokens: int) -> None:
        """Have conversations summed up from so many tokens on, also of models that take more."""
        self.services = replace(self.services, settings=replace(self.services.settings, context_tokens=tokens))

    def door(self, name: str, ticket: dict[str, Any]) -> dict[str, Any]:
        return DOORS[name](self.services, ticket)

    def events(self, turn: Turn) -> list[Event]:
        items: list[Item] = []
        more = True
        while more:
            page = self.table.query(turn.key.log, after=items[-1].sk if items else "")
            items += page.items
            more = page.more
        return log.events(self.services, turn.key, items)

    def kinds(self, turn: Turn) -> list[str]:
        return [event.type for event in self.events(turn)]

    def now(self, turn: Turn) -> Turn:
        found = turns.load(self.services, turn.key)
        assert found
        return found

    def due(self) -> list[str]:
        """The kinds of all due items, whenever they are due."""
        self.table.flush()
        shards = (self.table.query(f"SYS#DUE#{n:02}").items for n in range(keys.DUE_SHARDS))
        return sorted(item.text("kind") for items in shards for item in items)

    def executions(self) -> list[str]:
        """The names of those that were started."""
        assert isinstance(self.services.machine, LocalMachine)
        return sorted(self.services.machine._live)


class Told:
    """Bus: takes everything at once."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        self.told.append((kind, dict(detail)))
        taken()


@contextmanager
def by_hand(folder: Path, model_url: str) -> Iterator[Engine]:
    """Make an engine whose data is in a folder, and whose model is at an address."""
    clock, ids = HeldClock(), TimeIds()
    stored = SqliteTable(folder / "table.db", clock)
    table = FaultyTable(stored, holds=True)
    machine = LocalMachine(asl.load(definition()), lambda *_: None, table, clock)
    machine.close()  # it stores what is started, and nothing runs
    bus = Told()
    settings = Settings(model="test-model", base_url=model_url, context_tokens=WINDOW)
    adapter = AnthropicModel(settings)
    kept = Kept()
    files = FolderWorkspace(folder / "files")
    services = Services(table, files, machine, bus, adapter, clock, ids, settings, metrics=kept)
    yield Engine(services, table, clock, kept, bus.told)
    adapter.close()
    stored.close()
