"""Starting the execution that a turn's record names: by whoever made it name that one, or finds it late (rule R4)."""

import asyncio
import logging
from contextvars import copy_context

from walkaway_core.store import due
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn


def claim(services: Services, tx: Transaction, turn: Turn) -> None:
    """Write what the machine keeps of the execution that the turn names from this transaction on; `begin` follows."""
    tx.include(*services.machine.claims(turn.execution_name, turn.ticket.json()))


def begin(services: Services, turn: Turn) -> None:
    """Start the execution that the turn names; safe to repeat. When that fails, the due item brings it back."""
    try:
        services.machine.start(turn.execution_name, turn.ticket.json())
    except Exception:
        logging.getLogger(__name__).exception("could not start %s", turn.execution_name)


def begin_if_late(services: Services, turn: Turn) -> None:
    """Start a turn whose first step is overdue: whoever reads it helps (rule R4).

    Who reads on an event loop does not wait for it: a start is a write.
    """
    late = services.clock.lived(turn.began_at) > due.START_WITHIN
    if turn.status != "running" or turn.started or not late:
        return
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        begin(services, turn)
    else:
        loop.run_in_executor(None, copy_context().run, begin, services, turn)  # with the patience of whoever asks
