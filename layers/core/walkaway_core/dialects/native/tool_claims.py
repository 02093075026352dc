"""The route by which workers share out the calls that wait (contract A.12)."""

from fastapi import APIRouter

from walkaway_core.engine.pause import claiming
from walkaway_core.http import errors, large
from walkaway_core.http.access import Called
from walkaway_wire.tools import ToolClaim, ToolClaimed

router = APIRouter(prefix="/v1/sessions/{session}/tool_claims", tags=["messages"], route_class=large.Route)


@router.post("", responses=errors.answers(400, 401, 404, 409, 413), summary="Claim a tool call")
def claim(caller: Called, session: str, asked: ToolClaim) -> ToolClaimed:
    """Claim a call that waits, before its function runs: while the claim holds, no other worker gets one.

    The same worker renews it by the same request. Whoever finds it claimed is told by whom, until when, and when to
    ask again (`Retry-After`). An answer needs no claim, and stands whoever gives it.
    """
    made = claiming.claim(caller.services, caller.session(session), asked.call_id, asked.worker, asked.seconds)
    return ToolClaimed(call_id=made.call, worker=made.worker, until=made.until)
