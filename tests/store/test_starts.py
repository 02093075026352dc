"""Whoever reads a turn whose start is overdue starts it (rule R4), and an event loop does not wait for that."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

from tests.kit.engine import Engine
from walkaway_core.store import starts


class HeldMachine:
    """A Machine whose starts take until a test lets them."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.started: list[str] = []

    def start(self, name: str, ticket: Any) -> None:
        del ticket
        assert self.let.wait(20)
        self.started.append(name)


def test_a_reader_on_an_event_loop_does_not_wait_for_the_start_that_it_asks_for(engine: Engine) -> None:
    turn, machine = engine.turn(), HeldMachine()
    services: Any = replace(engine.services, machine=machine)  # type: ignore[arg-type]
    engine.clock.sleep(60)

    async def read() -> list[str]:
        starts.begin_if_late(services, turn)
        before = [*machine.started]
        machine.let.set()
        return before

    assert asyncio.run(read()) == []
    assert machine.started == [turn.execution_name]
    starts.begin_if_late(services, turn)
    assert len(machine.started) == 2, "without a loop it is there on return"
