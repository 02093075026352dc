"""The response object: its fields are always there, and what a request does not say is said by us."""

import json

from walkaway_core.dialects.responses import objects
from walkaway_core.dialects.responses.asked import UNSAID, Asked
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.ids import Names

NAMES = Names("sess_" + "0" * 24, "msg_" + "1" * 24)
USAGE = {"input_tokens": 1, "cache_read_input_tokens": 2, "cache_creation_input_tokens": 3, "output_tokens": 4}


def test_what_is_not_said_or_null_is_what_holds_without_it() -> None:
    said = {"metadata": None, "tools": None, "reasoning": None, "temperature": 0.2, "conversation": {"id": "conv_1"}}
    made = objects.response(NAMES, Asked(said), 1.9, "queued")
    assert {name: made[name] for name in UNSAID} == {**UNSAID, "temperature": 0.2}
    assert (made["id"], made["object"], made["created_at"], made["status"]) == (NAMES.response, "response", 1, "queued")
    assert (made["conversation"], made["output"], made["usage"]) == ({"id": "conv_1"}, [], None)
    assert "user" not in made


def test_an_end_is_told_with_what_it_has_cost() -> None:
    made = objects.response(NAMES, Asked(), 1.0, "in_progress", [], Ending("completed", 2.5, usage=USAGE, cost_usd=0.1))
    assert (made["status"], made["completed_at"], made["error"], made["incomplete_details"]) == (
        "completed",
        2,
        None,
        None,
    )
    assert made["usage"] == {
        "input_tokens": 6,
        "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 3},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 10,
    }
    assert made["walkaway"] == {"session_id": NAMES.session, "turn_id": NAMES.turn, "cost_usd": 0.1, "code": None}


def test_a_stored_request_is_read_as_it_was() -> None:
    body = {
        "said": {"background": True, "tools": [{"type": "function", "name": "a"}, {"type": "mcp"}]},
        "approve": ["bash"],
        "served": ["list_files"],
        "approved": {"toolu_1": {"request": "mcpr_1", "name": "bash", "arguments": "{}"}},
    }
    asked = Asked.stored(body)
    assert asked.background
    assert (sorted(asked.functions), sorted(asked.approve)) == (["a"], ["bash"])
    assert (asked.serves("list_files"), asked.serves("bash"), Asked.stored({}).serves("bash")) == (True, False, True)
    assert asked.approved["toolu_1"].request == "mcpr_1"
    assert asked.body == {**body, "version": 1}
    for each in (asked, Asked(), Asked(version=7, served=frozenset())):
        assert Asked.stored(json.loads(json.dumps(each.body))) == each
