"""Programs of OpenAI's agents SDK, unchanged but for address, key and names, against `walkaway serve`."""

from pathlib import Path

import pytest

from peers.running import holds

HELLO = r"rehearsal model.* You wrote about: Say hello to the ferry"
PROGRAMS: dict[str, list[str]] = {
    "agents_hello.py": [f"plain: .*{HELLO}", "tokens: True", "pieces: True True"],
    "agents_tools.py": [
        r"'1 ferry harbour-7 \d+', \"2 tide Water\(harbour='harbour-7'",
        r"'tool_call_item', 'tool_call_item', 'tool_call_output_item', 'tool_call_output_item', 'message_output_item'",
        r"plain: The answer is:\n\nthe ferry leaves harbour-7 at 08:15\nthe tide is \d feet",
        r"'tool_called', 'tool_called', 'tool_output', 'tool_output', 'message_output_created'",
        "streamed: True",
    ],
    "agents_forced.py": [
        r"\['ferry'\] The answer is:\n\nthe ferry leaves",
        r"\['tide'\] The answer is:\n\nthe tide",
        r"\[\] .*rehearsal model",
        r"\['ferry'\] The answer is:\n\nthe ferry leaves",
        r"^the ferry leaves at 08:15$",
    ],
    "agents_handoffs.py": [
        "because of quay-7",
        r"plain: Kragen \| The answer is:",
        r"again: Kragen \| The answer is:\n\nthe ferry leaves quay-8 at 08:15",
        "now Front desk\nnow Bulmer",
        "streamed: Bulmer True",
        "as a tool: The answer is:\n\nThe answer is:",
    ],
    "agents_output.py": [
        "plain: Voyage 45",
        "streamed: True",
        "tool_called\ntool_output\nmessage_output_created",
        "behind a call: list",
    ],
    "agents_chains.py": [
        r"by id: 3 The answer is:\n\nthe ferry leaves at 08:15",
        r"by itself: The answer is:\n\nthe ferry leaves at 08:15",
        r"streamed: The answer is:\n\nthe ferry leaves at 08:15",
        r"kept by the client: \d+ The answer is:\n\nthe ferry leaves at 08:15",
    ],
    "agents_guardrails.py": ["input: is_about_the_ferry=True", "let through: True", "output: stopped"],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: str, url: str, tmp_path: Path) -> None:
    holds(program, "frameworks", url, tmp_path, *PROGRAMS[program])
