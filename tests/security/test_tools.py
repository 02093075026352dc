"""No tool runs on behind its time or its turn, or writes without end: each of them, with the defence and without."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.sites import Site
from walkaway_core.agent import tools
from walkaway_core.agent.tools import allotted, promotion
from walkaway_core.agent.tools.allotted import Allotted
from walkaway_core.agent.tools.tool import Result, Tool, ToolContext
from walkaway_core.engine.ending import cancel
from walkaway_core.log.log import Superseded
from walkaway_core.ports.containers import UPLOADS
from walkaway_core.ports.items import Check, Is
from walkaway_core.ports.paths import files as root
from walkaway_core.store import files, mounts, pending, sessions
from walkaway_core.store.kept import Told
from walkaway_core.store.transaction import Transaction
from walkaway_local.sandbox.bubblewrap import Bubblewrap

SECONDS, SOON = 1.0, 2.0
"""The time that each tool is given, and within how many more its end must be seen on a busy machine."""


@dataclass
class Stalled:
    """A workspace or a table that stands still at whatever tools do, until a test is over."""

    real: Any
    over: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.real, name)
        if name not in ("listing", "read", "write", "delete", "update"):
            return method

        def stalled(*arguments: Any, **named: Any) -> Any:
            self.reached.set()
            self.over.wait(60)
            return method(*arguments, **named)

        return stalled


BULLETS = "\n" * 20_000
ENDLESS: Mapping[str, dict[str, Any]] = {
    "bash": {"command": "sleep 1000"},
    "search_files": {"pattern": "(a|a)+b"},
    "edit_file": {"path": "lines.txt", "old_text": "a", "new_text": "b\n", "replace_all": True},
    "fetch_url": {"url": "@SITE@/drip"},
    "create_presentation": {
        "path": "a.pptx",
        "title": "t",
        "slides": [{"title": "t", "bullets": [BULLETS] * 20}] * 100,
    },
    "container bash": {"command": "sleep 1000"},
    "container grep": {"pattern": "(a|a)+b", "path": "/uploads/a.txt"},
    "container web_fetch": {"url": "@SITE@/drip"},
}
"""Arguments with which a tool would go on for minutes or hours."""
STALLED: Mapping[str, dict[str, Any]] = {
    "read_file": {"path": "a.txt"},
    "write_file": {"path": "b.txt", "content": "x"},
    "list_files": {},
    "report_progress": {"metadata": {"a": 1}},
    "container read": {"file_path": "a"},
    "container write": {"file_path": "a", "content": "x"},
    "container edit": {"file_path": "a", "old_string": "x", "new_string": "y"},
    "container glob": {"pattern": "*"},
}
"""Arguments of those that take no time by themselves: what they wait for is a store that stands still."""
IN_CONTAINERS = {f"container {name}": tool for name, tool in tools.TOOLSETS["container"].items()}
TOOLS: Mapping[str, type[Tool]] = {**tools.TOOLS, **IN_CONTAINERS}
COMMANDS = ("bash", "container bash", "container grep")
EACH = [pytest.param(name, marks=needs_bubblewrap if name in COMMANDS else ()) for name in TOOLS]


class Call:
    """A call of a tool that would not end, under the fence of a turn."""

    def __init__(self, engine: Engine, name: str, site: Site, patch: pytest.MonkeyPatch) -> None:
        self.engine, self.turn = engine, engine.turn(engine.session(read=("",), write=("",)))
        self._others = children()
        put = engine.services.workspace.write
        put(root("t"), "a.txt", [(b"a" * 20 + b"!\n") * 3000])
        put(root("t"), "lines.txt", [b"\r\n" + b"a" * 1_900_000])
        patch.setattr(TOOLS[name], "deadline", SECONDS)
        self._is_stalled = name in STALLED
        self.stalled = Stalled(engine.services.workspace)
        services = replace(engine.services, settings=replace(engine.services.settings, outbound_loopback=True))
        if name in STALLED:
            services = replace(services, workspace=self.stalled)
        if name == "report_progress" or (name in IN_CONTAINERS and name in STALLED):
            self.stalled = Stalled(engine.table)
            services = replace(engine.services, table=self.stalled)
        if name in COMMANDS:
            services = replace(services, sandbox=Bubblewrap(self.folder, services.workspace))
        fence = (Check(*self.turn.key.item, (Is("status", "running"),)),)
        context = ToolContext(services, sessions.get(engine.services, self.turn.key.owner), fence)
        arguments = ENDLESS.get(name) or STALLED[name]
        if name == "container grep":
            self._mount("a.txt")
        if "url" in ENDLESS.get(name, {}):
            arguments = {"url": f"{site.url}/drip"}
        self.begun, self.ended = time.monotonic(), Future[Result]()
        threading.Thread(target=self._run, args=(TOOLS[name], arguments, context), daemon=True).start()

    def _mount(self, path: str) -> None:
        services, key = self.engine.services, self.turn.key.owner
        data = services.workspace.read(root("t"), path)
        assert data
        tx = Transaction(services.table)
        told = Told(path, "text/plain", "user_data", scope=key.session)
        mounts.put(tx, services, key, f"{UPLOADS}/{path}", pending.begin(services, "t", told, data).keep(tx))
        tx.commit()

    @property
    def folder(self) -> Path:
        folder = self.engine.services.workspace._folder.parent / "sandbox"  # type: ignore[attr-defined]
        folder.mkdir(exist_ok=True)
        return Path(folder)

    def _run(self, tool: type[Tool], arguments: dict[str, Any], context: ToolContext) -> None:
        try:
            self.ended.set_result(tools.use(tool, arguments, context))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.ended.set_exception(error)

    def cancel(self) -> None:
        """End its turn, when it is at what would not end: held by the store, or in a process of its own."""
        assert holds(self.stalled.reached.is_set if self._is_stalled else lambda: bool(self.processes()))
        cancel(self.engine.services, self.turn.key)

    def left(self) -> list[int]:
        """The processes that still run for it."""
        until = time.monotonic() + SOON
        while (pids := self.processes()) and time.monotonic() < until:
            time.sleep(0.02)
        return pids

    def processes(self) -> list[int]:
        """The processes that run for it: not what another test has left to the ones behind it."""
        return [pid for pid in children() if pid not in self._others]


def children() -> list[int]:
    pids: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            pids += map(int, (task / "children").read_text().split())
    return pids


@pytest.fixture
def call(engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Call]]:
    made: list[Call] = []

    def begin(name: str) -> Call:
        made.append(Call(engine, name, site, monkeypatch))
        return made[-1]

    yield begin
    site.hang.set()
    for one in made:
        one.stalled.over.set()
        for pid in one.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            one.ended.result(20)


def test_each_tool_is_tried() -> None:
    assert {*ENDLESS, *STALLED} == {*TOOLS}
    for tool in TOOLS.values():
        assert tool.seconds() <= (10 if tool.light else 890), "RunTool's function has 900 seconds"


@pytest.mark.parametrize("name", EACH)
def test_its_time_ends_it(name: str, call: Callable[[str], Call]) -> None:
    one = call(name)
    result = one.ended.result(SECONDS + SOON)
    assert result.is_error or "time is over" in result.words, result
    assert "second" in result.words or "time is over" in result.words, result
    assert one.left() == []


@pytest.mark.parametrize("name", EACH)
def test_the_end_of_its_turn_ends_it(name: str, call: Callable[[str], Call], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.security.test_tools.SECONDS", 60.0)
    monkeypatch.setattr("walkaway_core.agent.tools.tool.LIGHT_SECONDS", 60.0)
    one = call(name)
    one.cancel()
    with pytest.raises(Superseded):
        one.ended.result(SOON)
    assert one.left() == []


@pytest.mark.parametrize("name", EACH)
def test_without_the_defence_it_goes_on(
    name: str, call: Callable[[str], Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allotted, "within", lambda _seconds, _wanted, _every, work: work(Allotted()))
    one = call(name)
    one.cancel()
    with pytest.raises(TimeoutError):
        one.ended.result(SECONDS + SOON)


def test_what_was_given_up_writes_nothing_afterwards(call: Callable[[str], Call], engine: Engine) -> None:
    one = call("write_file")
    assert "not known" in one.ended.result(SECONDS + SOON).content
    seen = threading.enumerate()
    one.stalled.over.set()
    for thread in seen:
        if thread.name == "tool":
            thread.join(20)
    assert engine.services.workspace.read(root("t"), "b.txt") is None


class TestSizes:
    """What a tool writes is no larger than an upload, and what it gives is no larger than a model should read."""

    MOST = 20_000
    WRITES: Mapping[str, dict[str, Any]] = {
        "write_file": {"path": "b.txt", "content": "é" * 10_001},
        "edit_file": {"path": "a.txt", "old_text": "a", "new_text": "b" * 30, "replace_all": True},
        "edit_file windows": {"path": "w.txt", "old_text": "a", "new_text": "b" * 30, "replace_all": True},
        "create_presentation": {"path": "a.pptx", "title": "t", "slides": [{"title": "t", "bullets": ["b"]}]},
    }

    def use(self, engine: Engine, name: str, **arguments: Any) -> Result:
        session = sessions.get(engine.services, engine.session(read=("",), write=("",)))
        return tools.use(tools.TOOLS[name.partition(" ")[0]], arguments, ToolContext(engine.services, session))

    @pytest.fixture(autouse=True)
    def small(self, engine: Engine) -> None:
        engine.services.workspace.write(root("t"), "a.txt", [b"a" * 1000])
        engine.services.workspace.write(root("t"), "w.txt", [b"a" * 1000 + b"\r\n"])

    @pytest.mark.parametrize("name", WRITES)
    def test_it_writes_no_more_than_an_upload_may_have(
        self, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        arguments = self.WRITES[name]
        with monkeypatch.context() as patch:
            patch.setattr(files, "MOST_BYTES", self.MOST)
            result = self.use(engine, name, **arguments)
            assert result.is_error
            assert str(self.MOST) in result.content
            assert [entry.size for entry in engine.services.workspace.listing(root("t"), "") or ()] == [1000, 1002]
        assert not self.use(engine, name, **arguments).is_error

    def test_a_command_has_a_limit_of_its_own(self, engine: Engine) -> None:
        assert promotion.MOST_BYTES > files.MOST_BYTES

    def test_an_edit_that_multiplies_takes_no_memory(self, engine: Engine) -> None:
        engine.services.workspace.write(root("t"), "a.txt", [b"a" * 1_900_000])
        edit = {"path": "a.txt", "old_text": "a", "new_text": "b" * 60_000, "replace_all": True}
        result = self.use(engine, "edit_file", **edit)
        assert result.is_error
        assert f"would add {1_900_000 * 59_999} bytes" in result.content

    def test_a_result_is_cut(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(50):
            engine.services.workspace.write(root("t"), f"{number}" + "n" * 100, [b""])
        assert len(self.use(engine, "list_files").content) > 5000
        monkeypatch.setattr(tools, "MOST_SHOWN", 1000)
        assert len(self.use(engine, "list_files").content) < 1100
