"""A model that does what a script says, behind a server of its own: for programs whose tasks no rule could carry out.

A script is a list of steps, each the blocks of one answer. `{result}` in a text is what the last calls have given.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from peers.drawing import Drawn
from peers.running import KEY
from tests.kit.messages_api import Block, MessagesApi, Reply, messages_api, text
from tests.kit.servers import served

Step = Sequence[Block]
PACKAGES = "pip:pandas,pip:plotly,pip:pytest"
OVER = "There is nothing left in the script."


@contextmanager
def acting(script: Sequence[Step], made: Drawn, folder: Path) -> Iterator[str]:
    """Give the address of a server whose model acts a script, in a program's drawn names.

    Raises AssertionError if the model was asked for more or less than the script has, or asked what it does not take.
    """
    assert find_spec("plotly"), ".venv/.commands is missing: run `make peers`"
    steps: list[Step] = json.loads(made.named(json.dumps(script)))
    with messages_api() as model:
        model.respond = lambda request: _reply(steps, len(model.requests), request)
        environ = {
            "ANTHROPIC_BASE_URL": model.url,
            "ANTHROPIC_API_KEY": "none",
            "WALKAWAY_KEYS": f"{KEY}=peers",
            "WALKAWAY_SANDBOX_PACKAGES": PACKAGES,
        }
        with served(folder / "data", environ=environ) as server:
            yield server.url
        assert not model.problems
        assert len(model.requests) == len(steps), _asked(model)


def _reply(steps: Sequence[Step], number: int, request: dict[str, Any]) -> Reply:
    """Answer the request of this number, counted from 1."""
    if number > len(steps):
        return Reply([text(OVER)])
    result = _result(request["messages"][-1]["content"])
    return Reply([_block(block, f"toolu_{number}_{i}", result) for i, block in enumerate(steps[number - 1])], pieces=99)


def _block(block: Block, call_id: str, result: str) -> Block:
    if block["type"] == "tool_use":
        return {**block, "id": call_id}
    return {**block, "text": block["text"].replace("{result}", result)}


def _result(content: Any) -> str:
    """Give the text of the results that a message has."""
    results = [block["content"] for block in content if block["type"] == "tool_result"]
    return "\n".join(each if isinstance(each, str) else "".join(b["text"] for b in each) for each in results).strip()


def _asked(model: MessagesApi) -> str:
    return f"the model was asked {len(model.requests)} times; at last {model.requests[-1:]}"
