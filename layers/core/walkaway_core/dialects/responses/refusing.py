"""What is asked for and not honoured here: refused by name, with a reason (contract D.8)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from walkaway_core.dialects.responses.problems import PARAMETER, UNSUPPORTED, Refusal
from walkaway_core.dialects.responses.wire import ResponseCreate

LOGPROBS: Final = "message.output_text.logprobs"
UNSUPPORTED_FIELDS: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "top_logprobs": (lambda value: value > 0, "models here give no probabilities; leave it out"),
    "moderation": (bool, "there is no moderation here; leave it out"),
    "access_programs": (bool, "there are none here; leave it out"),
    "image": (bool, "images go to the model as they are; leave it out"),
    "multi_agent": (bool, "a response is one agent's; leave it out"),
    "prompt": (bool, "there are no stored prompts; say instructions"),
    "context_management": (bool, "a long conversation is summed up by itself; leave it out"),
}
"""Fields that are refused where `value` asks for something, each with what is said of it."""


def check(asked: ResponseCreate) -> None:
    """Raise Refusal for the first thing that is asked for and not honoured here."""
    for name, (wants, why) in UNSUPPORTED_FIELDS.items():
        if (value := getattr(asked, name)) is not None and wants(value):
            raise Refusal(f"{name}: {why}", name, PARAMETER)
    window = (asked.background_options or {}).get("completion_window") if _is_object(asked.background_options) else None
    if window not in (None, "soonest"):
        raise Refusal("background_options: responses begin at once; leave it out", "background_options", PARAMETER)
    if LOGPROBS in (asked.include or ()):
        raise Refusal(f"include: models here give no probabilities; leave {LOGPROBS} out", "include", PARAMETER)
    for name in ("context", "mode"):
        if asked.reasoning and getattr(asked.reasoning, name) is not None:
            raise Refusal(f"reasoning.{name} is not known here; leave it out", f"reasoning.{name}", PARAMETER)


def check_counted(asked: ResponseCreate, chosen: Sequence[str]) -> None:
    """Raise Refusal where calls are to be counted, and a tool is chosen that the model service uses by itself."""
    if asked.max_tool_calls is not None and "web_search" in chosen:
        raise Refusal(
            "max_tool_calls: searches are the model service's own, and are not counted; leave one of the two out",
            "max_tool_calls",
            PARAMETER,
        )


def value(param: str, message: str) -> Refusal:
    """Say that a value is known, and not honoured here."""
    return Refusal(message, param, UNSUPPORTED)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)
