"""What webhooks of this dialect are told: thin events, under the names that its SDK knows (contract E.17).

Whoever is told fetches the session. Two names stand for some facts; the older ones, `session.status_…`, are the usual.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from walkaway_core.dialects.managed import dates, ids
from walkaway_core.store import outbox
from walkaway_core.store.extensions import Telling
from walkaway_core.store.notice import Notice
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

IDLED: Final = ("session.status_idled", "session.idled")
RUNS: Final = ("session.status_run_started", "session.running")
TOLD: Final[Mapping[str, Sequence[str]]] = {
    outbox.CREATED: ("session.created",),
    outbox.STARTED: RUNS,
    outbox.RESUMED: RUNS,
    outbox.AWAITING: (*IDLED, "session.requires_action"),
    **dict.fromkeys(outbox.ENDED.values(), IDLED),
    outbox.UPDATED: ("session.updated",),
    outbox.ARCHIVED: ("session.status_terminated", "session.archived"),
    outbox.EXPIRED: ("session.status_terminated",),
    outbox.DELETED: ("session.deleted",),
}
"""The names of what has happened."""
BUDGET: Final = "session.budget_reached"
MAX_COST: Final = "max_cost"
"""The code with which a turn ends that may cost no more (engine/limits.py)."""
BY_NAME: Final = frozenset({"session.running", "session.idled"})
TYPES: Final = frozenset(name for names in TOLD.values() for name in names) | {BUDGET}


def tellings(services: Services, notice: Notice, turn: Turn | None) -> Sequence[Telling]:
    """Give what there is to tell."""
    del services
    names = [*TOLD.get(notice.kind, ())]
    if turn is not None and notice.kind in outbox.ENDED.values() and turn.code == MAX_COST:
        names.append(BUDGET)
    return [
        Telling(id_ := ids.notice(notice.id, number), name, _body(id_, notice, name), name not in BY_NAME)
        for number, name in enumerate(names)
    ]


def test(services: Services, notice: Notice, turn: Turn | None) -> Mapping[str, Any]:
    """Write the body of a test: its session does not exist."""
    del services, turn
    return _body(ids.notice(notice.id), notice, notice.kind)


def _body(id_: str, notice: Notice, type_: str) -> dict[str, Any]:
    data = {
        "type": type_,
        "id": ids.session(notice.session or "sess_" + "0" * 24),
        "organization_id": ids.organization(notice.tenant),
        "workspace_id": ids.workspace(notice.tenant),
    }
    return {"type": "event", "id": id_, "created_at": dates.shown(notice.at), "data": data}
