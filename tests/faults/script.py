"""What the model of the fault suite says: two steps with tools, and a last word."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.kit.messages_api import Block, Reply, call, text

FILE = "notes.txt"
STEERING = "steering: "
"""How a message begins that changes nothing about what the model does."""


def script(path: str) -> list[list[Block]]:
    """Its answers, one after the other; the file has `one` in it after the first step, `one+` after the second."""
    return [
        [
            text("I write it down. "),
            call("write_file", "call_1", path=path, content="one"),
            call("report_progress", "call_2", metadata={"percent": 50}),
        ],
        [text("Now I add to it. "), call("edit_file", "call_3", path=path, old_text="one", new_text="one+")],
        [text("It is done.")],
    ]


ASKS = "ask"
"""The order for which the model asks the caller, who must also let it write."""


def asking() -> list[list[Block]]:
    """Its answers to that order: two calls that wait and one that does not, another one that waits, a last word."""
    return [
        [
            text("I ask. "),
            call("ask", "call_1"),
            call("write_file", "call_2", path=FILE, content="one"),
            call("report_progress", "call_3", metadata={"percent": 50}),
        ],
        [call("ask", "call_4")],
        [text("It is done.")],
    ]


SHELLS = "shells"
"""The order for which the model works in a container."""


def shells() -> list[list[Block]]:
    """Its answers to that order: two commands in one step, then one more and a look, a last word."""
    return [
        [call("bash", "call_1", command="one"), call("bash", "call_2", command="two")],
        [call("bash", "call_3", command="three"), call("read", "call_4", file_path="a")],
        [text("It is done.")],
    ]


BUSY = "busy "
"""How an order begins at whose first step, and at whose last, the service is busy when it is asked first."""
WAITS = {0: "1200", 2: "45"}
"""After which answers it is, and for how long: longer than a step is given, and not."""
DOUBTED = "doubted "
"""How an order begins at whose first step, and at whose last, the service refuses the thinking that goes back, once."""
UNREADABLE = "unreadable "
"""How an order begins that the service does not take."""
UNKNOWN = "unknown"
"""The order for whose model the service says that it has none."""
_asked: Counter[tuple[str, int]] = Counter()


def _text(message: Mapping[str, Any]) -> str:
    return "".join(block.get("text", "") for block in message["content"])


def respond(body: Mapping[str, Any], pause: float = 0.0) -> Reply:
    """Say what comes next, by what has been said since the user's last order; "go x.txt" names the file.

    An order at which the service is busy, or doubts, is to be given once: that is remembered by its words.
    """
    said, path, order = 0, FILE, ""
    for message in body["messages"]:
        words = [block["text"] for block in message["content"] if block["type"] == "text"]
        words = [word for word in words if not word.startswith(STEERING)]
        if message["role"] == "assistant":
            said += 1
        elif words:
            said, path, order = 0, words[-1].partition(" ")[2] or FILE, words[-1]
    if order == UNKNOWN:
        return Reply(status=404, kind="not_found_error", error="model: test-model")
    if order.startswith(BUSY):
        path = FILE
        _asked[order, said] += 1
        if said in WAITS and _asked[order, said] == 1:
            return Reply(status=529, error="overloaded", retry_after=WAITS[said])
    if order.startswith(DOUBTED):
        path = FILE
        _asked[order, said] += 1
        if said in WAITS and _asked[order, said] == 1:
            return Reply(status=400, error="messages.0.content.0: The block is bound to a different conversation")
    if any(_text(message).startswith(UNREADABLE) for message in body["messages"]):
        return Reply(status=400, error=f"messages.{len(body['messages']) - 1}.content.0: could not process the image")
    answers = {ASKS: asking, SHELLS: shells}.get(order, lambda: script(path))()
    return Reply(answers[min(said, len(answers) - 1)], pieces=24, pause=pause)
