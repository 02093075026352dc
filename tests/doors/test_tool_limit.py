"""A turn's limit of calls: told from the place of a call, in whatever order and however often it is carried out."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import begun, of


def test_a_repetition_and_another_order_count_the_same(
    engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [call("write_file", f"call_{name}", path=name, content="x") for name in "abcd"]
    model.replies = [
        Reply([call("nothing", "call_no"), calls[0]]),
        *(Reply([call("write_file", "call_odd", path=1), *calls[1:]]), Reply([text("done")])),
    ]
    turn = engine.turn(engine.session(max_tool_calls=4, inline_tools=False))

    def die(*_: Any) -> None:
        raise SystemExit

    state = engine.door("CallModel", begun(turn))
    for index in state["calls"]:
        engine.door("RunTool", {**state, "call": index})
    state = engine.door("CallModel", state)
    with monkeypatch.context() as patch:
        patch.setattr("walkaway_core.agent.tools.use", die)
        with pytest.raises(SystemExit):
            engine.door("RunTool", {**state, "call": 2})
    for index in (3, 2, 1, 0, 2, 3):
        engine.door("RunTool", {**state, "call": index})
    assert engine.door("CallModel", state)["next"] == "over"
    results = {result["id"]: result for result in of(engine.events(turn), "tool_result")}
    done = {name: not results[f"call_{name}"]["is_error"] for name in ("no", "a", "odd", "b", "c", "d")}
    assert done == {"no": False, "a": True, "odd": False, "b": True, "c": True, "d": False}
    assert "at most 4 calls" in results["call_d"]["content"]
