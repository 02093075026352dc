"""Programs of LangChain and LangGraph, unchanged but for address, key and names, against `walkaway serve`."""

from pathlib import Path

import pytest

from peers.running import holds

HELLO = r"rehearsal model.* You wrote about: Say hello to the ferry"
LEAVES = r"The answer is:\n\nthe ferry leaves"
PROGRAMS: dict[str, list[str]] = {
    "langchain_hello.py": [
        f"invoked: .*{HELLO}",
        "told: True completed (msg|resp)",
        "streamed: True True",
        "history: .*rehearsal model",
        "batch: 2",
        "chain: True",
    ],
    "langchain_tools.py": [
        r"called: \['HumanMessage', 'AIMessage', 'ToolMessage', 'ToolMessage'\] \['next_ferry', 'get_tide'\]",
        f"answer: {LEAVES} quay-7 at 08:15\nthe tide is high at quay-7",
        r"streamed: \['next_ferry', 'get_tide'\] {'harbour': 'quay-7'}",
        r"sent back: The answer is:\n\ndone 0\ndone 1",
        r"forced: \['get_tide'\]",
        r"strict: \['next_ferry'\]",
    ],
    "langchain_output.py": [
        "json_schema Voyage 45",
        "function_calling Voyage 45",
        "raw: 45 None (msg|resp)",
        "schema: True",
        "streamed: 45",
    ],
    "langchain_chains.py": [
        f"{LEAVES} at 08:15",
        f"{LEAVES} at 08:15",
        "responses: 4 True",
        "by hand: .*rehearsal model",
    ],
    "langgraph_agent.py": [
        r"\['human', 'ai', 'tool', 'tool', 'ai'\] " + f"{LEAVES} quay-7 at 08:15\nthe tide is high",
        r"\['model', 'tools', 'model'\]",
        "True .*rehearsal model",
        r"Verdict\(harbour='quay-7', minutes=45\)",
    ],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: str, url: str, tmp_path: Path) -> None:
    holds(program, "frameworks", url, tmp_path, *PROGRAMS[program])
