"""Programs for node: of OpenAI's client and agents SDK, LangChain and the AI SDK, unchanged but for address and key."""

from pathlib import Path

import pytest

from dev import node
from peers.running import BLOCKED, holds_in_node, ran

HELLO = r"rehearsal model.* You wrote about: Say hello to the ferry"
LEAVES = "The answer is:  the ferry leaves"
STEPS = f"2 {LEAVES} quay-7 at 08:15"
REFUSED = "refused: 400 .*none"
PROGRAMS: dict[str, list[str]] = {
    "openai.mjs": [
        f"created: completed .*{HELLO}",
        "streamed: true true",
        r'called: The answer is:  it leaves \{"harbour": ?"quay-7"\}',
        "taken up: true response.completed",
        "cancelled: cancelled",
        r"input: \[ 'message' \]",
        "refused",
    ],
    "vercel.mjs": [
        f"plain: stop .*{HELLO}",
        "streamed: true true",
        f"steps: {STEPS}",
        "kinds: .*tool-call.*tool-result",
        f"referred to: {LEAVES} quay-8 at 08:15",
        "object: 45 voyage minutes legs",
        "chain: true stop",
        REFUSED,
    ],
    "open_responses.mjs": [
        f"plain: stop .*{HELLO}",
        "streamed: true true",
        f"steps: {STEPS}",
        "steps, streamed: 2 true",
        "object: 45",
        REFUSED,
    ],
    "agents.mjs": [
        f"plain: {LEAVES} quay-7 at 08:15 the tide is high",
        "streamed: true true",
        f"chain: {LEAVES} quay-8 at 08:15",
        f"kept: {LEAVES} quay-9 at 08:15",
        "handed over: Kragen true",
        "typed: 45",
    ],
    "managed.mjs": [
        "agent: 1 claude-sonnet-5-5",
        "session: idle /mnt/session/uploads/tide.csv",
        "first: The columns of /uploads/tide.csv are: harbour, tide",
        r'called: get_tide \{"harbour":"quay-7"\}',
        "second: The answer is:  it is low",
        "interrupted: session.status_idle end_turn",
        "output: tide.md true",
        "refused: 404 NotFoundError true",
        "archived: terminated",
    ],
    "managed_tools.mjs": [
        "^agents: ferry-one claude-sonnet-5-5, ferry-two claude-sonnet-5-5\none: 1$",
        "^session: idle A tide$",
        "^first: idle bash Let me look. .* 3$",
        "^in vain: timeout\nstreamed: timeout true\ninterrupted: true$",
        "^stopped: idle end_turn true\norder: 1 1 true 1\nnothing to stop: true idle$",
        "^asked: requires_action get_tide requires_action\nrefused: send_message: 400\nclosed: idle$",
        "^again: idle bash .* 1 2 3$",
        "^all: true true true\narchived: true terminated\nno such one: get_session: 404\nunknown: none$",
    ],
    "langchain.mjs": [
        f"invoked: .*{HELLO} true",
        "streamed: true true",
        f"called: 1 {LEAVES} quay-7 at 08:15",
        "typed: 45",
        "chain: true",
    ],
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: str, url: str, tmp_path: Path) -> None:
    holds_in_node(program, url, tmp_path, *PROGRAMS[program])


def test_node_reaches_no_other_machine(url: str, tmp_path: Path) -> None:
    program = tmp_path / "out.mjs"
    for way in ('await fetch("http://192.0.2.1/")', 'await fetch("http://walkaway.invalid/")'):
        program.write_text(f"try {{ {way} }} catch (error) {{ console.error(error.cause) }}")
        with pytest.raises(AssertionError, match=BLOCKED):
            ran(node.command(str(program)), url, tmp_path)
