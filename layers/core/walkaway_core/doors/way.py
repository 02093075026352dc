"""Where a turn goes behind a step, from the answer alone: to its calls, to the next step, to its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkaway_core.engine.pause import asking
from walkaway_core.log import transcript
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

UNFINISHED = (*transcript.CUT_SHORT, "pause_turn")
"""Reasons to stop after which the model goes on in the next step (Messages API, stop reasons), or cut off by us."""
DECLINED = "The model declined to go on with this{category}; say it in another way, or begin a new session"


@dataclass(frozen=True, slots=True)
class Way:
    """`now`: calls that can be run at once, by index; `later`: how many wait for the caller; `open`: how many end it.

    `declined` is the sentence with which the turn fails, as the model will not go on.
    """

    now: tuple[int, ...] = ()
    later: int = 0
    again: bool = False
    """Whether the model is to go on although it has called nothing."""
    declined: str = ""
    open: int = 0

    @property
    def ends(self) -> bool:
        """Whether the turn is done with this step: so is the model, or the rest is for the caller."""
        return not (self.now or self.later or self.again or self.declined)


def behind(services: Services, turn: Turn, step: int, settings: AgentSettings, answer: Mapping[str, Any]) -> Way:
    """Say where a turn goes behind this step's answer."""
    if answer["stop_reason"] == "refusal":
        return Way(declined=_declined(answer.get("refusal", {})))
    now, later = asking.split(settings, answer)
    if later and turn.ends_with_calls:
        return Way(now, open=len(later))
    again = answer["stop_reason"] in UNFINISHED or _is_nudged(services, turn.key, step, answer)
    return Way(now, len(later), again)


def _is_nudged(services: Services, key: TurnKey, step: int, answer: Mapping[str, Any]) -> bool:
    """Whether the model is asked for its result once more: it has said nothing, for the first time in a row."""
    if not transcript.is_empty(answer):
        return False
    before = transcript.answer(services, key, step - 1) if step > 1 else None
    return before is None or not transcript.is_empty(before.body)


def _declined(refusal: Mapping[str, str]) -> str:
    """Say that the model declined, and why if the service said so."""
    category = f" ({refusal['category']})" if refusal.get("category") else ""
    return ". ".join(filter(None, (DECLINED.format(category=category), refusal.get("explanation"))))
