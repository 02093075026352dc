"""Builds the whole of Walkaway on one data folder, and takes up what the last process left."""

import fcntl
import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from walkaway_core.dialects import DIALECTS
from walkaway_core.doors import DOORS
from walkaway_core.doors.deliver_webhook import deliver_webhook
from walkaway_core.doors.sweep import execution_failed, sweep
from walkaway_core.errors import Unavailable
from walkaway_core.http.dialect import Dialect, extensions
from walkaway_core.models.anthropic import AnthropicModel
from walkaway_core.notify.fanout import concerns
from walkaway_core.ports import patience, subject
from walkaway_core.ports.clock import Clock, Ids, SystemClock, TimeIds
from walkaway_core.ports.shares import Share, Shares
from walkaway_core.settings import MEGABYTE, Settings
from walkaway_core.store import keys
from walkaway_core.store.services import Services
from walkaway_local import layout, private
from walkaway_local.bus import LocalBus, Rest
from walkaway_local.carrier import LocalCarrier
from walkaway_local.due_times import DueTimes
from walkaway_local.lived import LivedClock
from walkaway_local.machine import asl
from walkaway_local.machine.machine import LocalMachine
from walkaway_local.quota import Quota
from walkaway_local.reporter import Reporter
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.table import DATABASE, SqliteTable
from walkaway_wire import jsontext

CLOCK = "clock"
"""The file that says how the clock has leapt, and by its time when it was last looked at."""
SWEEP_EVERY = 1.0
TOOLS_AT_ONCE = 1000
DEFINITION = "agent_turn.asl.json"


class DataInUse(Exception):
    """Another server holds the data folder."""


class LocalStack:
    """Everything on one machine. Only one process at a time may have a data folder, or its executions would run twice.

    Raises DataInUse, CannotOpen and OSError for a folder that cannot be used.
    """

    def __init__(
        self,
        data: Path,
        settings: Settings,
        *,
        workers: int = 64,
        clock: Clock | None = None,
        ids: Ids | None = None,
        dialects: Sequence[Dialect] = DIALECTS,
    ) -> None:
        layout.check(data)
        self.exposed = private.folder(data)
        """What of the data other users of the machine may see."""
        self._lock = (data / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise DataInUse(f"{data} is in use by another walkaway server; stop it, or name another --data") from None
        clock, ids = LivedClock(clock or SystemClock(), data / CLOCK), ids or TimeIds()
        self._clock, self._due = clock, DueTimes(clock)
        self._table = SqliteTable(data / DATABASE, clock, shared=[keys.API_KEYS])  # `walkaway keys` writes them
        self._machine = LocalMachine(
            asl.load(definition()),
            self._invoke,
            self._table,
            clock,
            workers=workers,
            more={"RunTool": TOOLS_AT_ONCE},
            shares={"RunTool": settings.tenant_tools},
            on_failure=self._failed,
        )
        self._model = AnthropicModel(settings)
        self._ready = threading.Event()
        self._report = Reporter()
        self._bus = LocalBus(self._table, [self._report, self._fan_out])
        self._carrier = LocalCarrier(self._attempt, clock, of_a_tenant=settings.tenant_webhooks)
        stored, network = settings.tenant_storage * MEGABYTE, settings.sandbox_network
        workspace = Quota(data / "workspace", stored)
        self.sandbox = Bubblewrap(data / "sandbox", workspace, network=network, private=data, stored=stored)
        self.services = Services(
            table=self._table,
            workspace=workspace,
            machine=self._machine,
            bus=self._bus,
            model=self._model,
            clock=clock,
            ids=ids,
            settings=settings,
            sandbox=self.sandbox,
            carrier=self._carrier,
            extensions=extensions(dialects),
            shares=Shares(Share(settings.tenant_uploads), Share(settings.tenant_streams), Share(settings.tenant_polls)),
            trouble=lambda: self._table.trouble() or workspace.trouble(),
            process=ids.new("proc_"),
        )
        self._ready.set()
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweep", daemon=True)

    def run(self) -> int:
        """Go on with what was under way, and begin to sweep; give how many turns go on."""
        self._mark()
        going_on = self._machine.go_on()
        self._sweeper.start()
        return going_on

    def warm(self) -> None:
        """Load what the first turn needs and readiness does not."""
        for name in DOORS:
            DOORS[name]
        self._model.warm()

    def close(self) -> None:
        """Stop beginning things. What is under way goes on when the folder is opened again."""
        self._closing.set()
        if self._sweeper.is_alive():
            self._sweeper.join()
        self._machine.close()
        self._model.close()
        self._bus.close()
        self._report.close()
        self._carrier.close()
        self._table.close()
        self._lock.close()

    def _invoke(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        return DOORS[function](self.services, payload)

    def _fan_out(self, kind: str, detail: Mapping[str, Any]) -> Rest | None:
        """Say what there is to do of an event: nothing, if it concerns nobody."""
        if self._ready.is_set() and not concerns(self.services, kind, detail):
            return None
        return lambda: self._deliver(kind, detail)

    def _deliver(self, kind: str, detail: Mapping[str, Any]) -> None:
        self._ready.wait()
        with subject.about():
            deliver_webhook(self.services, {"detail-type": kind, "detail": detail})

    def _attempt(self, message: Mapping[str, str]) -> None:
        with subject.about():
            deliver_webhook(self.services, message)

    def _failed(self, ticket: Mapping[str, Any], error: str, cause: str) -> None:
        detail = {"status": "FAILED", "input": jsontext.dumps(dict(ticket)), "error": error, "cause": cause}
        execution_failed(self.services, detail)

    def _mark(self) -> None:
        with suppress(OSError):  # a disk that is full keeps nobody from being looked after
            self._clock.mark()

    def _sweep(self) -> None:
        while not self._closing.wait(SWEEP_EVERY):
            try:
                self._mark()
                with patience.within(patience.REQUEST):
                    sweep(self.services, self._due.overdue)
                    self._table.sweep_expired(self._clock.settled())
            except Unavailable as error:
                logging.getLogger("walkaway").warning("the sweep waits: %s", error)
            except Exception:
                logging.getLogger("walkaway").exception("the sweep broke off; the next one goes on")


def definition() -> Path:
    """Find the state machine file: inside an installed package, or in the repository."""
    packaged = Path(__file__).with_name(DEFINITION)
    return packaged if packaged.exists() else Path(__file__).parents[2] / "statemachines" / DEFINITION
