"""Logs of many events, as the console saves them, and how they are dropped on it."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Page, expect

Data = dict[str, Any]
Kind = Callable[[int], Iterator[tuple[str, str, Data]]]
DROP = """([name, body]) => {
    const data = new DataTransfer();
    data.items.add(new File([body], name));
    const init = { dataTransfer: data, bubbles: true, cancelable: true };
    return document.querySelector("h1").dispatchEvent(new DragEvent("drop", init));
}"""
LONGEST = 90_000
"""Milliseconds in which a log has to be drawn."""
BEGAN = 1_780_000_000.0
WORDS = "tides of *Porto* and `other` places, "


def said(events: int) -> Iterator[tuple[str, str, Data]]:
    """One turn that writes one long text."""
    yield "msg_1", "message.created", {"id": "msg_1", "status": "in_progress"}
    yield "msg_1", "step.started", {"step": 1, "attempt": 1}
    yield "msg_1", "text.start", {}
    for _ in range(events - 6):
        yield "msg_1", "text.delta", {"content": WORDS}
    yield "msg_1", "text.stop", {}
    yield "msg_1", "step.completed", {"step": 1, "stop_reason": "end_turn", "usage": {"output_tokens": events}}
    yield "msg_1", "message.completed", {"id": "msg_1", "status": "completed", "usage": {}, "files": []}


def called(events: int) -> Iterator[tuple[str, str, Data]]:
    """One turn that calls tools, step for step."""
    yield "msg_1", "message.created", {"id": "msg_1", "status": "in_progress"}
    for step in range(1, (events - 2) // 10 + 1):
        call = {"id": f"toolu_{step}", "name": "bash"}
        yield "msg_1", "step.started", {"step": step, "attempt": 1}
        yield "msg_1", "text.start", {}
        yield "msg_1", "text.delta", {"content": f"**Step {step}**: what is there?"}
        yield "msg_1", "text.stop", {}
        yield "msg_1", "tool_use.start", call
        yield "msg_1", "tool_use.input_delta", {"content": '{"command": "ls"}'}
        yield "msg_1", "tool_use.stop", {}
        yield "msg_1", "step.completed", {"step": step, "stop_reason": "tool_use", "usage": {"output_tokens": 30}}
        yield "msg_1", "tool_use.executing", {**call, "input": {"command": "ls"}}
        yield "msg_1", "tool_result", {"id": call["id"], "content": "a.txt\n" * 20, "is_error": False}
    yield "msg_1", "message.completed", {"id": "msg_1", "status": "completed", "usage": {}, "files": []}


def talked(events: int) -> Iterator[tuple[str, str, Data]]:
    """Many short turns."""
    for number in range(1, events // 10 + 1):
        turn = f"msg_{number}"
        yield turn, "message.created", {"id": turn, "status": "in_progress"}
        yield turn, "step.started", {"step": 1, "attempt": 1}
        yield turn, "text.start", {}
        for _ in range(4):
            yield turn, "text.delta", {"content": WORDS}
        yield turn, "text.stop", {}
        yield turn, "step.completed", {"step": 1, "stop_reason": "end_turn", "usage": {"output_tokens": 30}}
        yield turn, "message.completed", {"id": turn, "status": "completed", "usage": {}, "files": []}


def saved(kind: Kind, events: int) -> str:
    """Write a log as a session's menu saves it."""
    numbers: dict[str, Iterator[int]] = {}
    lines = []
    for place, (turn, name, data) in enumerate(kind(events)):
        number = next(numbers.setdefault(turn, itertools.count()))
        line = {"id": f"{turn}:{number}", "event": name, "data": {**data, "at": BEGAN + place / 100}}
        lines.append(json.dumps(line if number else {**line, "said": f"Say it, {turn}"}))
    return "\n".join(lines) + "\n"


def dropped(page: Page, name: str, body: str) -> float:
    """Drop a log on the console, and give the seconds until its end is drawn."""
    page.evaluate("body => { window.body = body }", body)
    begun = time.perf_counter()
    page.evaluate(f"name => ({DROP})([name, window.body])", name)
    expect(page.locator("h1")).to_have_text(name, timeout=LONGEST)
    settled(page)
    return time.perf_counter() - begun


def settled(page: Page) -> None:
    """Wait for the frame in which all is drawn that is known."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
