"""ContinueTurn: hands a turn to its next execution before this one's history is full (rule R5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from walkaway_core.engine.executions import next_execution
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import Ticket


def continue_turn(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Make the turn name the next execution, and start that one."""
    ticket = Ticket.read(data)
    next_execution(services, ticket.key, ticket.execution)
    return replace(ticket, next="over").json()
