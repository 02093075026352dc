"""Why a session rests, and what went wrong before: stop reasons and errors of a turn's end."""

from collections.abc import Mapping
from typing import Any, Final

from walkaway_core.models import failures

END_TURN: Final = {"type": "end_turn"}
EXHAUSTED: Final = {"type": "retries_exhausted"}
BUDGET: Final = {"type": "budget_reached"}
OVER_BUDGET: Final = "max_cost"
"""The code of a turn that may not cost more."""
REFUSED: Final = "refusal"
"""The code of a turn, and the stop reason of a step, of a model that declines."""
CODES: Final[Mapping[str, str]] = {
    "max_steps": "tool_use_limit_reached_error",
    "model_failed": "model_request_failed_error",
    "model_silent": "model_request_failed_error",
    "model_refused": "model_request_failed_error",
    "model_unknown": "model_request_failed_error",
}
"""The type of error by the code of a turn that failed; of any other one it is `unknown_error`."""
CATEGORIES: Final = frozenset({"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"})


def error(code: str, sentence: str, status: str) -> dict[str, Any]:
    """Say what went wrong; `status`: whether the server goes on by itself, or has given the turn up."""
    type_ = CODES.get(code, "unknown_error")
    if type_ == "model_request_failed_error":
        type_ = _of_the_service(sentence)
    return {"type": type_, "message": sentence, "retry_status": {"type": status}}


def _of_the_service(sentence: str) -> str:
    """Tell a service that is busy, or wants its account looked after, by the sentence that says so."""
    if sentence.startswith(failures.BUSY_NOW):
        limited = "rate" in sentence.lower() or "429" in sentence
        return "model_rate_limited_error" if limited else "model_overloaded_error"
    return "billing_error" if sentence.startswith(failures.ACCOUNT) else "model_request_failed_error"


def refused(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Say why a model declined, out of the answer with which it did."""
    said = answer.get("refusal")
    why = said if isinstance(said, Mapping) else {}
    category = why.get("category")
    return {
        "type": "refusal",
        "category": category if category in CATEGORIES else None,
        "explanation": why.get("explanation"),
    }
