"""A response that is read while its turn runs: what stands of it, without the text of which nobody knows what it is."""

import pytest

from dev.folds import LOGS, Golden
from walkaway_core.dialects.responses import entries


@pytest.mark.parametrize(
    ("name", "events", "steps", "left"),
    [
        ("tools", 2, 0, []),
        ("tools", -8, 1, [("message", "completed"), ("mcp_call", "in_progress"), ("mcp_call", "in_progress")]),
        ("tools", -2, 9, [("message", "completed"), ("mcp_call", "completed"), ("mcp_call", "failed")]),
        ("search_paused", 6, 1, [("web_search_call", "in_progress")]),
        ("steps", -2, 9, [("message", "completed")]),
        (
            "functions",
            -1,
            9,
            [("message", "completed"), ("function_call", "completed"), ("function_call", "completed")],
        ),
    ],
)
def test_it_has_what_is_committed(name: str, events: int, steps: int, left: list[tuple[str, str]]) -> None:
    golden = Golden.read(LOGS / f"{name}.json")
    log = golden.log[:events]
    there = [entry for entry in golden.entries if entry.step <= steps and (steps > 1 or entry.call is None)]
    made = entries.response(golden.names, golden.asked, log[0], log[-1], "in_progress", there)
    assert (made["status"], made["completed_at"], made["usage"]) == ("in_progress", None, None)
    assert [(item["type"], item["status"]) for item in made["output"]] == left
    assert made["created_at"] == int(log[0].at)
