"""Models that go soon are told, before they are gone."""

from datetime import date, timedelta

from dev import models
from walkaway_core.models import catalog


def test_a_model_is_told_two_months_before_it_may_go() -> None:
    card = catalog.cards()["claude-haiku-5-5"]
    assert card.retires
    before = models.going(card.retires - timedelta(days=61))
    assert not any(card.name in line for line in before)
    assert f"{card.name} may go on {card.retires}" in models.going(card.retires - timedelta(days=60))
    assert f"{card.name} may be gone since {card.retires}" in models.going(card.retires)


def test_the_page_has_every_model_and_no_other() -> None:
    text = models.page()
    assert all(text.count(f"| `{name}`") >= 3 for name in catalog.cards() if name != "rehearsal")
    assert "| `rehearsal`" not in text


def test_those_that_go_first_come_first() -> None:
    told = models.going(date(2027, 12, 31))
    days = [line.split()[-1] for line in told]
    assert days == sorted(days)
    assert len(told) == len(catalog.cards()) - 1
