"""What a turn may use up: steps, money, time. Looked at before every model call."""

from walkaway_core.agent import prices, step_settings
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn


class LimitReached(Exception):
    """No further model call is allowed. `code` and the sentence are what the turn ends with."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def check(turn: Turn, session: Session, settings: AgentSettings, step: int, left: float) -> None:
    """Raise LimitReached when this step may not be taken. `left`: seconds that the turn still has."""
    most = settings.max_steps
    if step > most:
        raise LimitReached("max_steps", f"The turn has used all of the {most} steps that it may take (max_steps)")
    check_spent(turn, session, settings)
    if left <= 0:
        raise LimitReached("timeout", timeout_sentence(turn))


def check_spent(turn: Turn, session: Session, settings: AgentSettings) -> None:
    """Raise LimitReached when turn or session have cost what they may, or the turn's answers have all their tokens."""
    budget = None if session.budget is None else session.budget / prices.MICRO
    for name, most, spent, whose in (
        ("max_turn_cost_usd", settings.max_turn_cost_usd, turn.cost or 0, "The turn"),
        ("max_cost_usd", settings.max_cost_usd, session.cost, "The session"),
        ("its budget", budget, session.cost, "The session"),
    ):
        if most is not None and spent >= most * prices.MICRO:
            dollars = spent / prices.MICRO
            raise LimitReached(
                "max_cost", f"{whose} has cost {dollars:.4f} of the {most:g} US dollars allowed ({name})"
            )
    left = step_settings.tokens_left(settings, turn)
    if left is not None and left <= 0:
        used = turn.usage["output_tokens"]
        raise LimitReached(
            "max_output_tokens",
            f"The turn's answers have {used} of the {used + left} tokens that they may (max_turn_output_tokens)",
        )


def timeout_sentence(turn: Turn) -> str:
    """Say that a turn has used up its time."""
    return f"The turn was not done after {turn.allowed:g} seconds, the limit for a turn"
