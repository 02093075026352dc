"""The route of answers to calls that wait for the caller (contract A.12)."""

from fastapi import APIRouter

from walkaway_core.dialects.native import records
from walkaway_core.engine.pause import answering
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.errors import Invalid
from walkaway_core.http import errors, large
from walkaway_core.http.access import Called
from walkaway_wire import jsontext
from walkaway_wire.tools import ToolResult, ToolResults, ToolResultsTaken

router = APIRouter(prefix="/v1/sessions/{session}/tool_results", tags=["messages"], route_class=large.Route)


@router.post("", responses=errors.answers(400, 401, 404, 409, 413), summary="Answer tool calls")
def answer(caller: Called, session: str, asked: ToolResults) -> ToolResultsTaken:
    """Answer calls that wait: with what the tool gave, or with a yes or no for a tool of the server's.

    Some now and the rest later will do; with the last one the turn goes on, and streams that are open go on with it.
    The same answer may be sent again; another one for the same call is refused.
    """
    answers = [(result.call_id, _read(result)) for result in asked.results]
    turn = answering.take(caller.services, caller.session(session), answers)
    return ToolResultsTaken(response_id=turn.key.turn, pending_tool_calls=records.pending(caller.services, turn))


def _read(result: ToolResult) -> CallAnswer:
    fields = result.model_fields_set
    if result.approve is not None:
        if fields & {"output", "is_error"}:
            raise Invalid(f"{result.call_id[:200]!r}: send either `output` or `approve`, not both")
        return CallAnswer(approve=result.approve, reason=result.reason)
    if "output" not in fields:
        raise Invalid(f"{result.call_id[:200]!r}: send `output`, or `approve` for a call that needs a yes or no")
    if result.reason:
        raise Invalid(f"{result.call_id[:200]!r}: `reason` goes with `approve`; say in `output` what went wrong")
    try:
        text = result.output if isinstance(result.output, str) else jsontext.dumps(result.output)
    except ValueError:
        raise Invalid(
            f"{result.call_id[:200]!r}: `output` holds a value that JSON does not have, such as NaN"
        ) from None
    return CallAnswer(jsontext.whole(text), result.is_error)
