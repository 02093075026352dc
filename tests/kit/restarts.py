"""A `walkaway serve` that is killed, and started again at the same address on the same folder."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.servers import Served, free_port, served


@dataclass
class Restarted:
    """A server that may die."""

    data: Path
    environ: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _stack: ExitStack = field(default_factory=ExitStack)
    _now: Served | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        options = ("--port", str(self.port))
        self._now = self._stack.enter_context(served(self.data, *options, environ=self.environ))

    def kill(self) -> None:
        """Kill it as nothing can prepare for."""
        assert self._now
        self._now.kill()

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start()


@contextmanager
def restarted(data: Path, **environ: str) -> Iterator[Restarted]:
    """Run one until the block ends."""
    server = Restarted(data, environ or {"WALKAWAY_REHEARSAL_DELAY": "0.01"})
    with server._stack:
        server.start()
        yield server
