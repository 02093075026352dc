"""Until when somebody was told that a session rests, where several processes serve it: an item of a minute's life.

It stands in the partition T#{tenant}#TOLD under the session's id:

fact  unit  written by  says
at    ms    note        until when what happened was told
"""

from contextlib import suppress

from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.ends import KEPT
from walkaway_core.ports.items import Item, Key, Put, Refused, Unknown, ms
from walkaway_core.ports.table import Table


class TableEnds:
    """Ends: in the Table. Of two who write at once the later one wins, which differ by little."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def note(self, tenant: str, session: str, at: float) -> None:
        """Keep it, if that can be done soon."""
        item = Item(*_place(tenant, session), {"at": ms(at)}, expires=int(self._clock.now() + KEPT))
        with suppress(Refused, Unknown, Unavailable), patience.within(patience.REQUEST):
            self._table.write(Put(item))

    def noted(self, tenant: str, session: str) -> float:
        """Read what is kept."""
        item = self._table.get(_place(tenant, session))[0]
        return item.time("at", 0) if item else 0.0


def _place(tenant: str, session: str) -> Key:
    return f"T#{tenant}#TOLD", session
