"""Programs of Pydantic AI's, unchanged but for address, key and names, against `walkaway serve`."""

from pathlib import Path

import pytest

from peers.running import holds

HELLO = r"rehearsal model.* You wrote about: Say hello to the ferry"
LEAVES = r"The answer is:\n\nthe ferry leaves"
PROGRAMS: dict[str, list[str]] = {
    "pydantic_ai_hello.py": [
        f"run: .*{HELLO}",
        "used: True",
        "streamed: True True",
        "history: .*rehearsal model",
        f"chain: {LEAVES} at 08:15 8",
        "chain, streamed: .*rehearsal model",
    ],
    "pydantic_ai_tools.py": [
        f"run: {LEAVES} quay-7 at 08:15, \\d+ aboard\n",
        r"\['user-prompt', 'tool-call', 'tool-call', 'tool-return', 'tool-return', 'text'\]",
        "streamed: True",
        "'CallToolsNode', 'ModelRequestNode', 'CallToolsNode', 'End'",
        r"tried: \[.*, .*\] The answer is:\n\nnow it does",
    ],
    "pydantic_ai_output.py": [
        "tool Voyage 45",
        "named Voyage 45",
        "native Voyage 45",
        "streamed: 45",
        "streamed by a tool: 45",
        r"behind a call: \['get_tide', 'final_result'\] 45",
    ],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: str, url: str, tmp_path: Path) -> None:
    holds(program, "frameworks", url, tmp_path, *PROGRAMS[program])
