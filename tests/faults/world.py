"""A world that a test breaks: the real doors and state machine file, a held clock, one thing at a time."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tests.faults.machine import Machine
from tests.faults.script import FILE
from tests.faults.sides import Place
from tests.kit.faulty import Crashed, FaultyTable, FaultyWorkspace
from tests.kit.kept import Kept
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors.deliver_webhook import deliver_webhook
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import creating, sending
from walkaway_core.engine.sending import OnBusy, Sent
from walkaway_core.http.dialect import extensions
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.ports.items import Unknown
from walkaway_core.settings import Settings
from walkaway_core.store import keys, sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services

T = TypeVar("T")
PATIENCE = 100
"""How many times the world may look for something to do."""
TRIES = 50
MINUTE = 60.0
TROUBLE = (Crashed, Unknown, BotoCoreError, ClientError)
"""What makes a client, or the schedule, come again."""


@dataclass
class Bus:
    """Keeps what it is told. `fails` says at which calls, from 1, it raises: before or after it has listened."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    calls: int = 0
    fails: dict[int, str] = field(default_factory=dict)

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        self.calls += 1
        trouble = self.fails.pop(self.calls, "")
        if trouble != "before":
            self.told.append((kind, dict(detail)))
        if trouble:
            raise ConnectionError("the bus did not answer")
        taken()


class CountedIds:
    """Ids: of the usual shape, and in every run the same."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str, *, after: str = "") -> str:
        return f"{prefix}{next(self._numbers):012x}{0:012x}"


class Queue:
    """Carrier: brings messages when a test moves it.

    `twice`: each comes again a minute later; `forgets`: every other attempt is lost.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self.waiting: list[tuple[float, Mapping[str, Any]]] = []
        self.twice = False
        self.forgets = False
        self._sent = 0
        self.last: Mapping[str, Any] = {}

    def send(self, message: Mapping[str, Any], *, group: str = "", delay: float = 0.0) -> None:
        del group
        self._sent += 1
        if not (self.forgets and "event" in message and self._sent % 2):
            at = self._world.clock.now() + delay
            self.waiting += [(at, message), *([(at + MINUTE, message)] if self.twice else [])]

    def again(self) -> None:
        """Let the message that is being taken come once more, to somebody else."""
        if self.last:
            deliver_webhook(self._world.services, self.last)

    def move(self) -> bool:
        """Let the next message that is due be taken; it comes again when whoever takes it dies, or breaks off."""
        due = [found for found in self.waiting if found[0] <= self._world.clock.now()]
        if not due:
            return False
        self.waiting.remove(due[0])
        self.last = due[0][1]
        try:
            deliver_webhook(self._world.services, self.last)
        except TROUBLE:
            self._world.table.revive()
            self.waiting.append(due[0])
        return True


class World:
    """Everything that turns need, and what went wrong in it."""

    def __init__(self, place: Place, model: AnthropicModel, *, calm: bool = True, in_one_go: bool = False) -> None:
        self.in_one_go = in_one_go
        self.place = place
        self.clock = place.clock
        self.table = FaultyTable(place.table, calm=calm, holds=True)
        self.bus = Bus()
        self.metrics = Kept()
        self.machine = Machine(self)
        self.queue = Queue(self)
        self.wrong: list[str] = []
        self.caller: tuple[int, str] | None = None
        """At which write of a request that is made once its server dies, and how."""
        self.uploaded: list[str] = []
        """The keys of files with ids that a life begins with."""
        files = FaultyWorkspace(place.workspace, self.table)
        settings = Settings(model="test-model", outbound_loopback=True)
        self.services = Services(
            self.table,
            files,
            self.machine,
            self.bus,
            model,
            self.clock,
            CountedIds(),
            settings,
            metrics=self.metrics,
            carrier=self.queue,
            extensions=extensions(DIALECTS),
            process="worker",
        )
        self.session = self.create()
        self.bus.calls = 0  # what goes wrong comes later

    def create(self, **options: Any) -> SessionKey:
        """Make a session, each of whose tool calls has an invocation of its own unless turns go in one go."""
        kind = {"persistent": True, "inline_tools": self.in_one_go} | options
        return creating.create(self.services, "t", sessions.options(kind), {}).key

    def run(self) -> TurnKey:
        """Send a message as a client that repeats what it has no answer to, and let the turn run to its end."""
        turn = self.survive(self.send)
        self.finish()
        return turn

    def send(self) -> TurnKey:
        return self.say("go").turn.key

    def say(self, message: str, on_busy: OnBusy = "reject") -> Sent:
        """Send a message once, whoever repeats it."""
        once = Once.of(self.session, message, {"message": message})
        return sending.send(self.services, self.session, message, once, on_busy=on_busy)

    def finish(self, *left: str) -> None:
        """Let everything happen until nothing is due but what is `left`: usually the session's end.

        The schedule comes each minute; minutes in which nothing is due are left out.
        """
        for _ in range(PATIENCE):
            self.settle()
            self.table.flush()
            open_ = [at for at, kind in self._due() if kind not in (left or ("session",))]
            if not open_:
                return
            self.clock.time = max(self.clock.time + MINUTE, min(open_) + 1)
            self.survive(lambda: sweep(self.services))
        raise AssertionError(f"it never came to an end: {self.due()}")

    def settle(self) -> None:
        """Move until nothing moves."""
        while self.move():
            pass

    def move(self) -> bool:
        """Let the machine do one thing; False when there is nothing to do."""
        try:
            return self.machine.move()
        except Crashed:  # died between two moves: in the start of the next execution
            self.table.revive()
            return True

    def survive(self, act: Callable[[], T]) -> T:
        """Do something until it is done; whoever does it may die."""
        for _ in range(TRIES):
            try:
                return act()
            except TROUBLE:
                self.table.revive()
        raise AssertionError("it was never done")

    def due(self) -> list[str]:
        """The kinds of all due items, whenever they are due."""
        return sorted(kind for _, kind in self._due())

    def _due(self) -> list[tuple[float, str]]:
        with self.place.untroubled():
            shards = (self.place.table.query(f"SYS#DUE#{n:02}").items for n in range(keys.DUE_SHARDS))
            return [(int(item.sk[:13]) / 1000, item.text("kind")) for items in shards for item in items]

    def file(self, name: str = FILE) -> str:
        """What the tools have written."""
        found = self.place.workspace.read("t/files", name)
        return b"".join(found).decode() if found else ""
