"""Names of models that stand for others: one table for all dialects, `WALKAWAY_MODEL_ALIASES`.

Sessions, agents and messages may name a model as their clients know it. `agent/settings.py` puts the model that is
called where such a name stands, and keeps the name: records show the one that was asked for. A dialect passes on what
its request says, and lists with `names`; a name that is nobody's raises ModelNotFound where the model is checked.
"""

from collections.abc import Iterable

from walkaway_core.errors import Invalid
from walkaway_core.models import catalog
from walkaway_core.ports.model import Model
from walkaway_core.settings import BEDROCK, REHEARSAL, Settings
from walkaway_core.values import PROVIDERS

OFFLINE = ("gpt-*", "chatgpt-*", "codex-*", "claude-*", *(f"o{digit}*" for digit in range(1, 10)))
"""What programs call models that are written for a service: without one, the offline model answers to it."""


class ModelNotFound(Invalid):
    """No model can be called here by this name."""


def resolve(settings: Settings, name: str) -> str:
    """Give the model that is called by this name: what the table has, else itself; the offline one where that is all.

    Of the table a whole name goes before one that ends in `*`, and a longer beginning before a shorter one.
    """
    table = settings.model_aliases
    model = table.get(name) or table.get(_longest(table, name), name)
    offline = not any(settings.provides(provider) for provider in PROVIDERS)
    return REHEARSAL if offline and _longest(OFFLINE, model) else model


def names(settings: Settings, model: Model) -> list[str]:
    """Name the models that can be called from here: the default one, those of the table of models, and the aliases."""
    default = settings.model
    there = [default]
    for name, card in catalog.cards().items():
        there += [name] if "bedrock" not in card.services else [name, f"{BEDROCK}anthropic.{name}"]
    called = [name for name in there if name == default or model.knows(name) is None]
    others = [name for name in settings.model_aliases if not name.endswith("*")]
    called += [name for name in others if model.knows(resolve(settings, name)) is None]
    return list(dict.fromkeys(called))


def check(settings: Settings, model: Model, name: str) -> None:
    """Raise ModelNotFound for a name under which nothing is known here, though a service may take it all the same."""
    called = resolve(settings, name)
    if problem := model.knows(called):
        raise ModelNotFound(problem)
    if called == name != settings.model and catalog.find(name) is None:
        raise ModelNotFound(f"Nothing is known of a model {name[:100]!r}; GET /v1/models lists what there is")


def _longest(table: Iterable[str], name: str) -> str:
    fitting = (each for each in table if each.endswith("*") and name.startswith(each[:-1]))
    return max(fitting, key=len, default="")
