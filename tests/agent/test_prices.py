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

    @pytest.mark.parametrize(
        ("model_name", "priced"),
        [
            ("claude-haiku-4-5", True),
            ("claude-haiku-4-5-20251001", True),
            ("bedrock/eu.anthropic.claude-haiku-4-5-20251001-v1:0", True),
            ("rehearsal", True),
            ("claude-opus-4-55", False),
            ("claude-opus-4-88", False),
            ("my-rehearsal", False),
        ],
    )
    def test_a_price_is_for_a_model_and_not_for_names_that_begin_like_it(self, model_name: str, priced: bool) -> None:  # noqa: FBT001
        assert prices.known(model_name) is priced
