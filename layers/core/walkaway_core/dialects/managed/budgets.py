"""What a session may cost: said when it is made, raised or taken away later (contract E.7)."""

from walkaway_core.agent import prices, settings
from walkaway_core.dialects.managed import usage
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.session_wire import Budget
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session

FIELD = "budget"


def read(services: Services, asked: Budget | None, of: AgentSettings) -> int | None:
    """Read what a session may cost, in millionths of a US dollar, whose model these settings name. Raises Refusal."""
    if asked is None:
        return None
    model = settings.called(services, of)
    if prices.cost(model, {}) is None:
        message = f"model_not_budgetable: nobody knows what {model} costs (docs/models.md), so no budget would hold"
        raise invalid(message, FIELD, code="model_not_budgetable")
    most = int(asked.max_list_cost.amount) * usage.CENT
    if most <= 0:
        raise invalid("a session needs at least a cent; leave it out for any amount", f"{FIELD}.max_list_cost.amount")
    return most


def changed(services: Services, session: Session, asked: Budget | None, of: AgentSettings) -> int | None:
    """Read what a session that has, or had, a budget may cost from now on; null is any amount. Raises Refusal."""
    if asked is None:
        return None
    if session.budget is None:
        message = "budget_create_only: a budget is set when the session is made, and this one has none"
        raise invalid(message, FIELD, code="budget_create_only")
    most = read(services, asked, of)
    if most is not None and most <= session.cost:
        spent = f"{session.cost / prices.MICRO:.4f}"
        message = f"budget_not_raised: the session has cost {spent} US dollars already; say more than that"
        raise invalid(message, FIELD, code="budget_not_raised")
    return most
