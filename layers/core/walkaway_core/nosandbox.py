"""The Sandbox where there is none: commands are not run, and there is no way around that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from walkaway_core.ports import Command, Finished, SandboxRefused


class NoSandbox:
    """Sandbox: refuses every command, and says why."""

    def __init__(self, why: str = "Commands cannot be run here: there is no sandbox") -> None:
        self._why = why

    def problem(self) -> str | None:
        """Say why not."""
        return self._why

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:  # noqa: ARG002
        """Refuse."""
        raise SandboxRefused(self._why)
        yield  # makes it a context manager
