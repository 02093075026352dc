"""What is wrong with a request, as clients of the Responses API are told: a sentence, the field, and a code."""

from typing import ClassVar, Final

from walkaway_core.errors import WalkawayError

VALUE: Final = "invalid_value"
PARAMETER: Final = "unsupported_parameter"
UNSUPPORTED: Final = "unsupported_value"
MISSING: Final = "missing_required_parameter"


class Refusal(WalkawayError):
    """The request is refused. `param` names the field (`tools[0].type`), empty for none; `told` is for programs."""

    code: ClassVar[str] = "responses.refused"

    def __init__(self, message: str, param: str = "", told: str = VALUE, status: int = 400) -> None:
        super().__init__(message)
        self.param, self.told, self.status = param, told, status


def unknown_response(id_: str) -> Refusal:
    """Say that there is no such response: none was, it was deleted, its time is over, or it is somebody else's."""
    return Refusal(f"Response with id '{id_[:100]}' not found.", told="not_found", status=404)


def unknown_previous(id_: str) -> Refusal:
    """Say that there is no such response to go on from: clients begin a new chain when they read the code."""
    message = f"Previous response with id '{id_[:100]}' not found."
    return Refusal(message, "previous_response_id", "previous_response_not_found")


def unknown_item(id_: str) -> Refusal:
    """Say that a reference leads to no item."""
    return Refusal(f"Item with id '{id_[:100]}' not found.", "input", "not_found", 404)
