"""The Machine port: executions of the state machine, started, stopped and resumed."""

from collections.abc import Mapping
from typing import Any, Protocol


class Machine(Protocol):
    """Runs executions of the state machine."""

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        """Start an execution. A name that was started before, running or over, is left as it is."""

    def stop(self, name: str) -> None:
        """Start no further state of this execution; one that is over or unknown is left as it is.

        A task that is running goes on unseen: it finds out for itself that its turn is over.
        """

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        """Give the state that waits with this task token its output, so that its execution goes on.

        False when nothing waits with it: it has been given one, is over, or never was. Durable on return.
        """
