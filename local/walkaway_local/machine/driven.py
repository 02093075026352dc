"""An execution that the machine drives, and what is stored of it."""

import threading

from walkaway_core.ports.items import Item
from walkaway_core.store import keys
from walkaway_local.machine.execution import Execution
from walkaway_local.machine.frames import Effect, Over
from walkaway_wire import jsontext

NAME_KEPT = 90 * 86_400
"""Seconds for which a finished execution's name stays taken, as in Step Functions."""
RUNNING = "running"
STOPPED = Over(error="States.Stopped")
"""How an execution ends that somebody stops; whoever did need not be told."""


class Driven:
    """An execution and the lock under which it moves."""

    def __init__(self, execution: Execution) -> None:
        self.lock = threading.Lock()
        self.over = False
        self.drive(execution)

    def drive(self, execution: Execution) -> None:
        """Drive this one, which has not begun yet."""
        self.execution = execution
        self.ticket = execution.root.data

    def record(self, effects: list[Effect], now: float) -> Item:
        """Say where it is, once these effects follow."""
        over = next((effect for effect in effects if isinstance(effect, Over)), None)
        if over:
            facts = {"status": "failed" if over.error else "succeeded", "error": over.error, "cause": over.cause[:1000]}
            body = jsontext.dump_bytes({"output": over.output})
            return Item(keys.MACHINE, self.execution.name, facts, body, int(now) + NAME_KEPT)
        body = jsontext.dump_bytes({"input": self.ticket, "frame": self.execution.root.json()})
        return Item(keys.MACHINE, self.execution.name, {"status": RUNNING}, body)
