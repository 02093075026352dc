"""What turns cost: counted, told, and limited."""

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import run
from walkaway_core.agent import prices
from walkaway_core.engine import sending
from walkaway_core.store import sessions

SEARCHES = {"web_search_requests": 2, "web_fetch_requests": 0}


class TestCost:
    def test_a_growing_conversation_is_read_from_the_cache(self, engine: Engine, model: MessagesApi) -> None:
        model.cache = PromptCache()
        steps = [Reply([text(f"Part {i}. " * 40), call("list_files", f"toolu_{i}")]) for i in range(29)]
        model.replies = [*steps, Reply([text("done")])]
        usage = run(engine, engine.turn())[-1].data["usage"]
        assert len(model.requests) == 30
        whole = sum(usage[name] for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"))
        assert usage["cache_read_input_tokens"] / whole >= 0.9
        assert usage["input_tokens"] < whole / 1000

    def test_is_told_by_the_price_table_and_summed_for_the_session(self, engine: Engine, model: MessagesApi) -> None:
        usage = {"output_tokens": 1_000_000, "cache_read_input_tokens": 1_000_000, "server_tool_use": SEARCHES}
        model.replies = [Reply([text("dear")], usage=usage)]
        key = engine.session(model="claude-haiku-4-5")
        for _ in range(2):
            assert run(engine, engine.turn(key))[-1].data["cost_usd"] == pytest.approx(5 + 0.1 + 0.02 + 10e-6)
        assert sessions.get(engine.services, key).cost == 2 * (5_120_000 + 10)

    def test_of_a_model_without_a_price_is_unknown(self, engine: Engine, model: MessagesApi) -> None:
        assert run(engine, engine.turn())[-1].data["cost_usd"] is None

    @pytest.mark.parametrize("limit", ["max_cost_usd", "max_turn_cost_usd"])
    def test_over_its_limit_no_model_is_called(self, engine: Engine, model: MessagesApi, limit: str) -> None:
        model.replies = [Reply([call("list_files")], usage={"output_tokens": 100_000}), Reply([text("never")])]
        key = engine.session(model="claude-haiku-4-5", **{limit: 0.4})
        end = run(engine, engine.turn(key))[-1]
        assert (end.data["code"], len(model.requests)) == ("max_cost", 1)
        assert limit in end.data["error"]
        model.replies = [Reply([text("hello")])]
        again = run(engine, engine.turn(key))[-1]
        assert again.type == ("message.error" if limit == "max_cost_usd" else "message.completed")

    def test_a_summary_that_uses_it_up_is_the_last_call(self, engine: Engine, model: MessagesApi) -> None:
        key = engine.session(model="claude-haiku-4-5", max_cost_usd=0.4)
        model.replies = [Reply([text("first")])]
        run(engine, sending.send(engine.services, key, "One").turn)
        over = Reply([text("cut")], stop_reason="model_context_window_exceeded")
        model.replies = [over, Reply([text("dear")], usage={"output_tokens": 500_000}), Reply([text("never")])]
        end = run(engine, sending.send(engine.services, key, "Two").turn)[-1]
        assert (end.data["code"], len(model.requests)) == ("max_cost", 3)

    def test_no_limit_is_promised_that_cannot_be_kept(self, engine: Engine) -> None:
        with pytest.raises(Exception, match=r"docs/models\.md"):
            engine.session(max_cost_usd=1.0)

    def test_of_a_refusal_before_its_first_word_is_nothing(self, engine: Engine, model: MessagesApi) -> None:
        nothing = {"output_tokens": 0, "cache_read_input_tokens": 1_000_000}
        late = Reply([text("I would ra")], stop_reason="refusal", usage={**nothing, "output_tokens": 9})
        key = engine.session(model="claude-haiku-4-5")
        for reply, micro in ((Reply([], stop_reason="refusal", usage=nothing), 0), (late, 100_055)):
            model.replies = [reply]
            run(engine, engine.turn(key))
            assert sessions.get(engine.services, key).cost == micro


MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("claude-sonnet-5-5", {"input_tokens": MILLION, "output_tokens": MILLION}, 12.0),
        ("claude-sonnet-5-5", {"cache_read_input_tokens": MILLION}, 0.1),
        ("claude-sonnet-5-5", {"cache_creation_input_tokens": MILLION}, 2.5),
        (
            "claude-sonnet-5-5",
            {"cache_creation_input_tokens": MILLION, "cache_creation_1h_input_tokens": MILLION // 2},
            1.25 + 2.0,
        ),
        ("claude-haiku-5-5", {"input_tokens": 100_000, "output_tokens": MILLION}, 0.51),
        ("claude-haiku-5-5", {"input_tokens": 50_000, "cache_read_input_tokens": 50_001}, 0.025 + 0.00250005),
        ("bedrock/us.anthropic.claude-sonnet-5-5", {"input_tokens": MILLION}, 2.2),
        ("bedrock/global.anthropic.claude-sonnet-5-5", {"input_tokens": MILLION}, 2.0),
        ("bedrock/anthropic.claude-sonnet-5-5", {"input_tokens": MILLION}, 2.0),
        ("claude-sonnet-5-5", {"web_search_requests": 3}, 0.03),
        ("rehearsal", {"input_tokens": MILLION}, 0.0),
    ],
)
def test_each_tariff_is_its_own(model: str, usage: dict[str, int], dollars: float) -> None:
    micro = prices.cost(model, usage)
    assert micro is not None
    assert micro / MILLION == pytest.approx(dollars, abs=1e-6)


def test_a_model_that_is_not_known_has_none() -> None:
    assert prices.cost("qwen3", {"input_tokens": MILLION}) is None


@pytest.mark.parametrize(
    ("reason", "output", "category", "billed"),
    [
        ("refusal", 0, "cyber", False),
        ("refusal", 0, "", False),
        ("refusal", 0, "bio", True),
        ("refusal", 5, "cyber", True),
        ("end_turn", 0, "", True),
    ],
)
def test_a_refusal_costs_nothing_before_output_but_in_some_categories(
    reason: str,
    output: int,
    category: str,
    billed: bool,  # noqa: FBT001
) -> None:
    assert prices.is_billed(reason, {"output_tokens": output}, category) is billed
