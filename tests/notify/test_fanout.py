"""Whom an event concerns: of most nobody asks to be told, which a look must find out."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.kit.engine import Engine
from walkaway_core.dialects import DIALECTS
from walkaway_core.engine import sending
from walkaway_core.http.dialect import extensions
from walkaway_core.notify import endpoints
from walkaway_core.notify.fanout import concerns
from walkaway_core.store.notice import Notice
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_core.store.turns import Turn


def of(engine: Engine, turn: Turn) -> Callable[[str], bool]:
    """Make what says whether something that is told of a turn concerns anybody."""

    def told(kind: str) -> bool:
        notice = Notice("evt_1", kind, turn.key.tenant, turn.key.session, turn.key.turn, 1, 1.0)
        return concerns(engine.services, kind, notice.detail)

    return told


def test_what_nobody_asks_for_concerns_nobody(engine: Engine) -> None:
    told = of(engine, engine.turn())
    assert not any(map(told, ("turn.started", "turn.completed", "session.created")))


@pytest.mark.parametrize(
    ("events", "concerned"), [(("turn.completed",), ["turn.completed"]), (("*",), ["turn.started", "turn.completed"])]
)
def test_what_an_endpoint_asks_for_does(engine: Engine, events: tuple[str, ...], concerned: list[str]) -> None:
    turn = engine.turn()
    engine.services = replace(engine.services, extensions=extensions(DIALECTS))
    address = "https://example.com/"
    hook = endpoints.create(engine.services, turn.key.tenant, address, events=events, format_="native", description="")
    told = of(engine, turn)
    assert [kind for kind in ("turn.started", "turn.completed") if told(kind)] == concerned
    endpoints.change(engine.services, turn.key.tenant, hook.id, enabled=False)
    assert not any(map(told, concerned))


def test_so_does_the_end_of_a_turn_that_has_an_address_of_its_own(engine: Engine) -> None:
    hook = TurnWebhook("https://example.com/")
    told = of(engine, sending.send(engine.services, engine.session(), "go", webhook=hook).turn)
    assert (told("turn.started"), told("turn.completed"), told("turn.cancelled")) == (False, True, True)
