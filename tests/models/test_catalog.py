"""The table of models is whole, and a name finds its own row."""

import pytest

from walkaway_core.models import catalog
from walkaway_core.models.arguments import EDITIONS, EFFORTS
from walkaway_core.models.catalog import THINKING, Card

CARDS = list(catalog.cards().values())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-haiku-5-5", "claude-haiku-5-5"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        ("bedrock/anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-5", "claude-opus-5"),
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("rehearsal", "rehearsal"),
        ("claude-opus-4-55", None),
        ("claude-fable-5-20", None),
        ("my-rehearsal", None),
        ("qwen3", None),
    ],
)
def test_a_name_is_for_a_model_and_not_for_those_that_begin_like_it(model: str, name: str | None) -> None:
    card = catalog.find(model)
    assert (card.name if card else None) == name


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_row_is_whole(card: Card) -> None:
    assert card.thinking in THINKING
    assert card.server_tools in EDITIONS
    assert set(card.efforts) <= set(EFFORTS)
    assert card.effort in (*card.efforts, None)
    assert (card.off_effort is None) == (card.thinking == "always")
    assert card.output < card.window
    assert card.compact_at < card.window
    for prices in (card.prices, *(card.above or ())[1:]):
        assert prices.cache_write == pytest.approx(prices.input * 1.25)
        assert prices.cache_write_1h == pytest.approx(prices.input * 2)
        assert prices.cache_read <= prices.input / 10


def test_the_window_and_the_room_of_an_unknown_model_are_what_the_settings_say() -> None:
    assert (catalog.window("qwen3", None), catalog.window("qwen3", 32_000)) == (200_000, 32_000)
    assert catalog.window("claude-sonnet-5-5", 32_000) == 1_000_000
    assert catalog.compact_at("claude-sonnet-5-5", None) == 200_000
    assert catalog.compact_at("claude-haiku-5-5", None) < 100_000, "above, everything costs five times as much"
    assert catalog.compact_at("claude-haiku-5-5", 150_000) == 150_000


def test_an_answer_has_the_room_that_is_usual_with_its_model() -> None:
    assert [catalog.most_output(m) for m in ("claude-sonnet-5-5", "claude-haiku-4-5", "qwen3", "rehearsal")] == [
        64_000,
        32_000,
        16_000,
        16_000,
    ]
