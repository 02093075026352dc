"""The adapters that a running Walkaway uses, as one object that use cases are given."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from walkaway_core.ports.bus import Bus, Carrier, NoCarrier
from walkaway_core.ports.clock import Clock, Ids
from walkaway_core.ports.ends import Ends, HeldEnds
from walkaway_core.ports.machine import Machine
from walkaway_core.ports.metrics import Metrics, NoMetrics
from walkaway_core.ports.model import Model
from walkaway_core.ports.sandbox import NoSandbox, Sandbox
from walkaway_core.ports.shares import Shares
from walkaway_core.ports.table import Table
from walkaway_core.ports.workspace import Workspace
from walkaway_core.settings import Settings
from walkaway_core.store.extensions import Extensions

Asked = ParamSpec("Asked")
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Services:
    """The ports, filled, and the settings."""

    table: Table
    workspace: Workspace
    machine: Machine
    bus: Bus
    model: Model
    clock: Clock
    ids: Ids
    settings: Settings
    sandbox: Sandbox = field(default_factory=NoSandbox)
    carrier: Carrier = field(default_factory=NoCarrier)
    metrics: Metrics = field(default_factory=NoMetrics)
    extensions: Extensions = field(default_factory=Extensions)
    """What the dialects add."""
    shares: Shares = field(default_factory=Shares)
    """What each tenant may have at once here; no limits where the platform has its own."""
    ends: Ends = field(default_factory=HeldEnds)
    """Until when somebody was told that a session rests."""
    trouble: Callable[[], str] = str
    """Says in a sentence why the Table takes nothing at present, as its last writes show; empty while it does. Costs
    nothing."""
    process: str = ""
    """Names this process where at most one at a time can be at work: what another one began is then known as lost.
    Empty where nobody can know."""

    async def reading(self, read: Callable[Asked, Read], *args: Asked.args, **named: Asked.kwargs) -> Read:
        """Call what only reads, and not much: at once where the Table is quick, else in a thread."""
        if self.table.quick:
            return read(*args, **named)
        return await asyncio.to_thread(read, *args, **named)
