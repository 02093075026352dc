"""A container's tools by hand: each call as a worker carries it out, and what it does is kept as with its result."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.kit.engine import Engine
from walkaway_core.agent import tools
from walkaway_core.agent.tools.tool import Result, ToolContext
from walkaway_core.ports.sandbox import Sandbox
from walkaway_core.store import containers, identified, sessions
from walkaway_core.store.containers import State
from walkaway_core.store.kept import Kept
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.transaction import Transaction
from walkaway_local.sandbox.bubblewrap import Bubblewrap


@dataclass
class Bench:
    """A session with a container, and who works in it."""

    engine: Engine
    key: SessionKey

    def context(self) -> ToolContext:
        services = self.engine.services
        return ToolContext(services, sessions.get(services, self.key), nonce=services.ids.new("tool_"))

    def begin(self, name: str, **arguments: Any) -> Result:
        """Carry a call out, and write nothing yet."""
        return tools.use(tools.TOOLSETS["container"][name], arguments, self.context())

    def commit(self, result: Result) -> Result:
        """Write what it has done."""
        if result.along:
            tx = Transaction(self.engine.services.table)
            result.along(tx)
            tx.commit()
            result.afterwards()
        return result

    def use(self, name: str, **arguments: Any) -> Result:
        """Carry a call out."""
        return self.commit(self.begin(name, **arguments))

    def sh(self, command: str) -> str:
        """Run a command, and give what it says."""
        return self.use("bash", command=command).words

    @property
    def state(self) -> State:
        return containers.open_(self.engine.services, self.key)

    @property
    def sandbox(self) -> Sandbox:
        return self.engine.services.sandbox

    def files(self) -> list[Kept]:
        """The session's files with ids, in the order in which they came."""
        return identified.listing(self.engine.services, "t", limit=1000, newest_first=False, scope=self.key.session)[0]

    def contents(self, kept: Kept) -> bytes:
        return b"".join(identified.read(self.engine.services, kept))


@contextmanager
def bench(engine: Engine, folder: Path) -> Iterator[Bench]:
    """Give the engine a sandbox, and a session whose tools are those of a container."""
    sandbox = Bubblewrap(folder / "sandbox", engine.services.workspace, private=folder)
    engine.services = replace(engine.services, sandbox=sandbox)
    yield Bench(engine, engine.session(toolset="container"))
