"""One turn in a world that a test breaks: the real doors and state machine file, a held clock, one thing at a time."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.clock import HeldClock
from tests.faults.table import Crashed, FaultyTable
from tests.messages_api import Block, Reply, call, text
from walkaway_core import keys, log, sessions, transcript, turns
from walkaway_core.doors import DOORS
from walkaway_core.idempotency import Once
from walkaway_core.keys import SessionKey, TurnKey
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.services import Services
from walkaway_core.sessions import SessionOptions
from walkaway_core.settings import Settings
from walkaway_core.sweep import sweep
from walkaway_core.system import TimeIds
from walkaway_local.machine import asl
from walkaway_local.machine.execution import Execution
from walkaway_local.machine.frames import Call, Effect, Sleep
from walkaway_local.stack import definition
from walkaway_local.workspace import FolderWorkspace
from walkaway_wire import jsontext
from walkaway_wire.events import TERMINAL, Event

FILE = "notes.txt"
SCRIPT: list[list[Block]] = [
    [
        text("I write it down. "),
        call("write_file", "call_1", path=FILE, content="one"),
        call("report_progress", "call_2", metadata={"percent": 50}),
    ],
    [text("Now I add to it. "), call("edit_file", "call_3", path=FILE, old_text="one", new_text="one+")],
    [text("It is done.")],
]
PATIENCE = 200
"""How many times the world may look for something to do."""


def respond(body: Mapping[str, Any]) -> Reply:
    """Say what comes next in the script, whatever has been asked before."""
    said = sum(message["role"] == "assistant" for message in body["messages"])
    return Reply(SCRIPT[min(said, len(SCRIPT) - 1)])


@dataclass
class Bus:
    """Keeps what it is told."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def publish(self, kind: str, detail: Mapping[str, Any]) -> None:
        self.told.append((kind, dict(detail)))


class Machine:
    """Carries out executions when the world says so. `repeat` delivers each invocation so often."""

    def __init__(self, world: "World", repeat: int) -> None:
        self._world = world
        self._repeat = repeat
        self._definition = asl.load(definition())
        self._live: dict[str, Execution] = {}
        self._started: set[str] = set()
        self._todo: deque[tuple[str, Effect]] = deque()
        self.invoked: list[tuple[str, Mapping[str, Any]]] = []

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        if name in self._started:
            return
        self._started.add(name)
        self._live[name] = Execution(self._definition, name, dict(ticket), self._world.clock.now, chance=lambda: 0.5)
        self._follow(name, self._live[name].begin())

    def stop(self, name: str) -> None:
        if execution := self._live.pop(name, None):
            execution.root.bury()

    def move(self) -> bool:
        """Do one thing; False when there is nothing to do."""
        if not self._todo:
            return False
        name, effect = self._todo.popleft()
        execution = self._live.get(name)
        if execution is None:
            return True
        if isinstance(effect, Sleep):
            self._world.clock.time = max(self._world.clock.time, effect.until)
            self._follow(name, execution.woken(effect.frame, effect.visit))
        elif isinstance(effect, Call):
            self._follow(name, self._invoke(execution, effect))
        return True

    def _invoke(self, execution: Execution, call: Call) -> list[Effect] | None:
        try:
            for _ in range(self._repeat):
                self.invoked.append((call.function, call.payload))
                result = DOORS[call.function](self._world.services, jsontext.loads(jsontext.dumps(call.payload)))
        except Crashed:
            self._world.table.dead = False
            return execution.failed(call.frame, call.visit, "Lambda.Unknown", "the worker died")
        except Exception as error:  # noqa: BLE001 - the file's Retry and Catch decide
            return execution.failed(call.frame, call.visit, type(error).__name__, str(error))
        return execution.succeeded(call.frame, call.visit, {"Payload": result})

    def _follow(self, name: str, effects: list[Effect] | None) -> None:
        self._todo.extend((name, effect) for effect in effects or ())


class World:
    """Everything that one turn needs, and what went wrong in it."""

    def __init__(self, folder: Path, model_url: str, *, repeat: int = 1) -> None:
        self.clock = HeldClock()
        self.table = FaultyTable(folder / "table.db", self.clock)
        self.bus = Bus()
        self.sweeps = 0
        self.machine = Machine(self, repeat)
        self._model = AnthropicModel(Settings(base_url=model_url))
        files = FolderWorkspace(folder / "files")
        settings = Settings(model="test-model", base_url=model_url)
        self.services = Services(
            self.table, files, self.machine, self.bus, self._model, self.clock, TimeIds(), settings, process="worker"
        )
        self.session = sessions.create(self.services, "t", SessionOptions(persistent=True), {}).key

    def close(self) -> None:
        self._model.close()
        self.table.close()

    def run(self) -> TurnKey:
        """Send a message as a client that repeats what it has no answer to, and let the turn run to its end."""
        turn: TurnKey = self.survive(self._send)
        for _ in range(PATIENCE):
            while self._moves():
                pass
            if not self._open():
                return turn
            self.sweeps += 1
            self.clock.time += 60
            self.survive(lambda: sweep(self.services))
        raise AssertionError("the turn never ended")

    def survive(self, act: Callable[[], Any]) -> Any:
        """Do something until it is done; whoever does it may die."""
        while True:
            try:
                return act()
            except Crashed:
                self.table.dead = False

    def _send(self) -> TurnKey:
        once = Once.of(self.session, "k", {"message": "go"})
        return turns.start(self.services, self.session, "go", once).turn.key

    def _moves(self) -> bool:
        try:
            return self.machine.move()
        except Crashed:  # died between two moves: in the start of the next execution
            self.table.dead = False
            return True

    def _open(self) -> bool:
        busy = "turn" in self.table.get(self.session.item)[0].facts  # type: ignore[union-attr]
        return busy or bool({"turn", "outbox"} & set(self.due()))

    def due(self) -> list[str]:
        shards = (self.table.query(f"SYS#DUE#{n:02}").items for n in range(keys.DUE_SHARDS))
        return sorted(item.text("kind") for items in shards for item in items)

    def file(self) -> str:
        found = self.services.workspace.read("t/files", FILE)
        return b"".join(found).decode() if found else ""


def violations(world: World, turn: TurnKey) -> list[str]:
    """Everything that must hold after a turn, and does not."""
    found: list[str] = []

    def must(holds: bool, sentence: str) -> None:  # noqa: FBT001
        if not holds:
            found.append(sentence)

    session = SessionKey(turn.tenant, turn.session)
    records = world.table.query(session.partition, after="TURN#", upto=f"TURN#{keys.END}").items
    events = log.events(world.services, turn, world.table.query(turn.log).items)
    kinds = [event.type for event in events]
    must(len(records) == 1, f"{len(records)} turns")
    must([event.number for event in events] == list(range(len(events))), "the log has a gap or a duplicate")
    must(sum(kind in TERMINAL for kind in kinds) == 1, "not one terminal event")
    must(kinds[-1] in TERMINAL, "something follows the terminal event")
    must(kinds[-1] == "message.completed", f"it ended as {kinds[-1]}")
    must(world.due() == ["session"], f"due items are left: {world.due()}")
    must({kind for kind, _ in world.bus.told} == {"turn.completed"}, f"the bus was told {world.bus.told}")
    must(world.file() in ("one", "one+"), f"a tool took effect twice: {world.file()!r}")
    stored = _stored(transcript.entries(world.services, session))
    must(_rebuilt(events) == stored, f"log and conversation differ: {_rebuilt(events)} {stored}")
    return found


Said = dict[int, tuple[str, dict[str, Any], dict[str, str]]]
"""By step: its text, its calls' arguments by id, their results by id."""


def _stored(entries: list[transcript.Entry]) -> Said:
    said: Said = {}
    for entry in entries:
        if entry.call is not None:
            said[entry.step][2][entry.body["tool_use_id"]] = entry.body["content"]
        elif entry.step:
            content = entry.body["content"]
            arguments = {block["id"]: block["input"] for block in transcript.calls(content)}
            said[entry.step] = (transcript.text(content), arguments, {})
    return said


def _rebuilt(events: list[Event]) -> Said:
    """What a reader makes of the log: a later attempt replaces what an earlier one wrote."""
    said: Said = {}
    step, call_id, arguments = 0, "", ""
    for event in events:
        if event.type == "step.started":
            step = event.data["step"]
            said[step] = ("", {}, {})
        elif event.type == "text.delta":
            said[step] = (said[step][0] + event.data["content"], *said[step][1:])
        elif event.type == "tool_use.start":
            call_id, arguments = event.data["id"], ""
        elif event.type == "tool_use.input_delta":
            arguments += event.data["content"]
        elif event.type == "tool_use.stop":
            said[step][1][call_id] = jsontext.loads(arguments)
        elif event.type == "tool_result":
            said[step][2][event.data["id"]] = event.data["content"]
    return said
