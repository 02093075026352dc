"""The response object, the same in events and by itself (contract D.3)."""

from collections.abc import Sequence
from typing import Any

from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Item


def response(  # noqa: PLR0917 - all that is known of it
    names: Names,
    asked: Asked,
    created_at: float,
    status: str,
    output: Sequence[Item] = (),
    ending: Ending | None = None,
) -> dict[str, Any]:
    """Make a response's object; times are the log's. `status` is that of one without an ending.

    `walkaway` is ours: where the same turn is in the sessions API, its cost once it is over, the code of its error,
    and notes of what was done otherwise than asked for, where there are any.
    """
    done = ending is not None and ending.status == "completed"
    return {
        "id": names.response,
        "object": "response",
        "created_at": int(created_at),
        "completed_at": int(ending.at) if ending and done else None,
        "status": ending.status if ending else status,
        "error": ending.error if ending else None,
        "incomplete_details": ending.incomplete_details if ending else None,
        **asked.repeated,
        "output": [*output],
        "usage": ending.tokens if ending else None,
        "walkaway": {
            "session_id": names.session,
            "turn_id": names.turn,
            "cost_usd": ending.cost_usd if ending else None,
            "code": ending.code or None if ending else None,
            **({"notes": [*asked.notes]} if asked.notes else {}),
        },
    }
