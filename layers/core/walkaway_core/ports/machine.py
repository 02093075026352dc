"""The Machine port: executions of the state machine, started, stopped and resumed."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from walkaway_core.ports.items import Write


class Machine(Protocol):
    """Runs executions of the state machine."""

    def claims(self, name: str, ticket: Mapping[str, Any]) -> tuple[Write, ...]:
        """Give what belongs into the transaction that lets somebody name this execution, which `start` then follows.

        It does nothing by itself: unless that transaction is carried out, nothing runs. If it is, the execution may
        begin without `start` when this process has died. It is refused where the name has been taken.
        """

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        """Start an execution, claimed or not. A name that was started before, running or over, is left as it is."""

    def attending(self) -> AbstractContextManager[None]:
        """Say that a request is carried out in this: what has to begin here may wait for it, a moment at the most."""

    def stop(self, name: str) -> None:
        """Start no further state of this execution; one that is over or unknown is left as it is.

        A task that is running goes on unseen: it finds out for itself that its turn is over.
        """

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        """Give the state that waits with this task token its output, so that its execution goes on.

        False when nothing waits with it: it has been given one, is over, or never was. Durable on return.
        """
