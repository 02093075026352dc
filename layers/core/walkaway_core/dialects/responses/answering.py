"""What an input brings for the calls of the response before: outputs of functions, a yes or a no (contract D.10)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from walkaway_core.dialects.responses.asked import Approved
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.reading import Given
from walkaway_core.engine import open_calls
from walkaway_core.engine.open_calls import Answer, Approval, OpenCall
from walkaway_core.errors import Invalid
from walkaway_wire import jsontext

NO_REQUEST: Final = "No approval request found with id {}."
BESIDE: Final = "Outputs of the previous response's calls cannot stand beside answers of an assistant; leave one out"


class Brought(NamedTuple):
    """The answers, and the calls that run since somebody has said yes, by their `call_id`, in the model's order."""

    answers: Sequence[Answer | Approval]
    approved: Mapping[str, Approved]


def read(given: Given, open_: Sequence[OpenCall], output: Callable[[], Sequence[Item]]) -> Brought:
    """Hold what is brought against the calls that are open. `output` gives that of the response before.

    Raises Refusal, in the words that clients know.
    """
    requests = _requests(open_, output()) if given.approvals else {}
    if unknown := [id_ for id_ in given.approvals if id_ not in requests]:
        raise Refusal(NO_REQUEST.format(unknown[0][:100]), "input")
    answers: list[Answer | Approval] = [Answer(call, content) for call, content in given.outputs.items()]
    answers += [Approval(requests[id_].id, *said) for id_, said in given.approvals.items()]
    if answers and any(message["role"] == "assistant" for message in given.before):
        raise Refusal(BESIDE, "input")
    try:
        open_calls.brought(open_, answers)
    except Invalid as error:
        raise Refusal(str(error), "input") from None
    yes = {id_: requests[id_] for id_ in requests if given.approvals.get(id_, (False, ""))[0]}
    return Brought(
        answers, {call.id: Approved(id_, call.name, jsontext.dumps(call.arguments)) for id_, call in yes.items()}
    )


def _requests(open_: Sequence[OpenCall], output: Sequence[Item]) -> dict[str, OpenCall]:
    """Say which call each request of the response before was for; both stand in the model's order."""
    ids = [item["id"] for item in output if item["type"] == "mcp_approval_request"]
    return dict(zip(ids, (call for call in open_ if call.needs == "approval"), strict=False))
