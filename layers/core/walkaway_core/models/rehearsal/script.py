"""Decides what the offline model does next, from the conversation alone, as a real model would have to."""

import hashlib
import itertools
import re
from dataclasses import dataclass
from typing import Any

from walkaway_core.models.rehearsal import asking, contained, obeying, prose
from walkaway_core.models.rehearsal.binding import blocks
from walkaway_core.models.rehearsal.reading import Mishap, Wish, mishap, understand
from walkaway_core.models.rehearsal.thinking import thought_over
from walkaway_wire import jsontext

Block = dict[str, Any]

ASKED = "The conversation above will be cut off here."
"""How the request for a summary begins; the answer says how far the turn is, so that it goes on from there."""
DONE = "Steps done: "
IN_FULL = "in full:\n\n"
"""What the user's message follows after a summary."""
GO_ON, NUDGE = "Go on exactly where it stopped.", "Your last answer was empty."
"""What we are told, and no user has said: an answer was cut off, an answer was empty."""
SLOW = 0.25
"""Seconds between two deltas of an answer that is to come slowly."""
NOTHING_LEFT = "There is nothing left to do."
REFUSED = "This is the rehearsal of a refusal, since the message asks for one."


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `stop_details` says more of a refusal; it breaks off so many times before it is given."""

    blocks: list[Block]
    stop_reason: str
    stop_details: Block | None = None
    fails: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn stands: its message, how many answers it has had, the results of the last one's calls.

    `begun` has the text of an answer that was cut off and is to be gone on with;
    `nudged`: one was empty.
    """

    message: str
    step: int
    results: list[Block]
    begun: str
    nudged: bool
    seed: str


def place(messages: list[Block]) -> Place:
    """Find the last message of the user, and what has come since; results beside it are an earlier turn's.

    Behind a turn that ended before its first answer, and behind a summary, it is the last of several texts.
    """
    start = max((i for i, m in enumerate(messages) if m["role"] == "user" and _texts(m)), default=0)
    words = _texts(messages[start])
    newest = words[-1] if words else ""
    before = re.search(rf"{DONE}(\d+)", newest)
    step, begun, seen = int(before[1]) if before else 0, "", messages[start]
    for answered, after in itertools.pairwise([*messages[start:], {"content": []}]):
        if answered["role"] == "assistant" and _is_told(after, GO_ON):
            begun += "".join(_texts(answered))
        elif answered["role"] == "assistant" and not _is_told(after, NUDGE):  # that one had not a word
            step, begun, seen = step + 1, "", after
    results = [block for block in blocks(seen["content"]) if step and block["type"] == "tool_result"]
    seed = hashlib.sha256(jsontext.dump_bytes(messages)).hexdigest()
    return Place(newest.rpartition(IN_FULL)[2], step, results, begun, _is_told(messages[-1], NUDGE), seed)


def _summary_asked(messages: list[Block]) -> list[Block] | None:
    """Give the conversation that is to be summed up, if that is what the last message asks for."""
    *before, last = messages
    content = last["content"] if isinstance(last["content"], list) else []
    kept = [block for block in content if ASKED not in block.get("text", "")]
    if len(kept) == len(content):
        return None
    return [*before, {**last, "content": kept}] if kept else before


def reply(request: dict[str, Any]) -> Reply:
    """Answer a request of the Messages API."""
    if asked := _summary_asked(request["messages"]):
        return Reply([_say(f"{DONE}{place(asked).step}.")], "end_turn")
    here = place(request["messages"])
    wrong = mishap(here.message)
    if wrong.refuses:
        details = {"type": "refusal", "category": wrong.category, "explanation": REFUSED}
        return Reply([], "refusal", details, wrong.fails)
    wish = _wish(here, request.get("tools", []))
    said = obeying.obeyed(_next(obeying.offered(request), here, wrong), request, wish, here.message)
    blocks = said if obeying.output_format(request) else _gone_on(said, here.begun)
    thought = f"The message asks me to {wish.deed} something about {wish.subject}. This is step {here.step + 1}."
    made = [_named(block, here, i) for i, block in enumerate(thought_over(blocks, request, thought))]
    calls = any(block["type"] == "tool_use" for block in made)
    return Reply(made, "tool_use" if calls else "end_turn", fails=wrong.fails)


def _wish(here: Place, tools: list[Block]) -> Wish:
    """Read the message, as one to an agent that has a container if it has."""
    return contained.understand(here.message) if contained.offered(tools) else understand(here.message)


def _next(offered: list[Block], here: Place, wrong: Mishap) -> list[Block]:
    """Choose what is said and called at a step, of the tools that are offered."""
    wish = _wish(here, offered)
    tools, inside = {tool["name"] for tool in offered}, contained.offered(offered)
    asked = asking.fitting(wish, here.message, offered)
    plan = _ask(wish, here, asked) if asked else _plan(wish, here)
    if inside:
        plan = contained.moves(plan, wish, inside)
    moves = [move for move in plan if all(_allowed(block, tools) for block in move)]
    made = _move(moves, wish, here.step) or [_say(_results(here) or NOTHING_LEFT)]
    made = contained.spent(made, inside) if inside else made
    failed = [r for r in here.results if r.get("is_error")]
    if failed:
        made = [_say(f"That did not work, so I stop here. The tool said: {contained.text_of(failed[0])}")]
    silent = wrong.silent and not here.nudged and all(block["type"] == "text" for block in made)
    return [] if silent else made


def _gone_on(made: list[Block], begun: str) -> list[Block]:
    """Leave out the text that an answer that was cut off had already."""
    left = []
    for block in made:
        if block["type"] != "text":
            left.append(block)
        elif len(block["text"]) > len(begun):
            left.append(_say(block["text"][len(begun) :]))
            begun = ""
        else:
            begun = begun[len(block["text"]) :]
    return left


def pace(request: dict[str, Any], delay: float) -> float:
    """Seconds between two deltas of the answer."""
    return max(delay, SLOW) if understand(place(request["messages"]).message).slowly else delay


def _move(moves: list[list[Block]], wish: Wish, step: int) -> list[Block]:
    """Choose what is done at a step, if anything; steps that were asked for beyond the plan come before its last."""
    spare = max(0, wish.steps - len(moves))
    if step < len(moves) - 1:
        return moves[step]
    if step < len(moves) - 1 + spare:
        told = {"step": step + 1, "of": wish.steps, "percent": 100 * (step + 1) // wish.steps}
        more = [_call("list_files", pattern=f"*.{number}") for number in range(1, wish.at_once)]
        return [_say(f"Step {step + 1} of {wish.steps}."), _call("report_progress", metadata=told), *more]
    return moves[-1] if step == len(moves) - 1 + spare else []


def _ask(wish: Wish, here: Place, calls: list[Block]) -> list[list[Block]]:
    names = " and ".join(call["name"] for call in calls)
    said = [] if asking.looks_up(here.message) else [_say(f"I ask {names}.")]
    several = [*said, *calls * wish.at_once]
    return [*(several for _ in range(wish.times)), [_say(_results(here) or NOTHING_LEFT)]]


def _results(here: Place) -> str:
    """Tell what came of the last calls; empty where there were none."""
    results = "\n".join(map(contained.text_of, here.results))
    return f"The answer is:\n\n{results}" if here.results else ""


def _plan(wish: Wish, here: Place) -> list[list[Block]]:
    if wish.deed == "make" and wish.path:
        return _make(wish)
    if wish.deed == "make":
        return [[_say(prose.verse(wish))]]
    if wish.deed == "talk":
        reply = f"This is Walkaway's rehearsal model: it works offline and by rules. You wrote about: {wish.subject}"
        return [[_say(reply)]]
    call = {
        "run": _call("bash", command=wish.command),
        "read": _call("read_file", path=wish.path),
        "list": _call("list_files"),
        "search": _call("search_files", pattern=wish.pattern),
    }[wish.deed]
    content = contained.text_of(here.results[0]) if here.results else ""
    columns = contained.columns(here.message, wish.path, content) if wish.deed == "read" else ""
    return [[_say("Let me look."), call], [_say(f"{columns}Here is what I found:\n\n{content}")]]


def _make(wish: Wish) -> list[list[Block]]:
    name = prose.title(wish.subject)
    if wish.kind == "presentation":
        arguments = prose.slides(wish)
        parts = [slide["title"] for slide in arguments["slides"]]
        make = _call("create_presentation", path=wish.path, **arguments)
        check = _call("list_files", pattern=wish.path)
    elif wish.kind == "chart":
        parts = ["data", "lines", "labels"]
        make = _call("bash", command=prose.chart(wish))
        check = _call("list_files", pattern=wish.path)
    else:
        text = prose.verse(wish) if wish.kind == "verse" else prose.contents(wish)
        parts = prose.aspects(wish.size or 4)
        make = _call("write_file", path=wish.path, content=text)
        check = _call("read_file", path=wish.path, lines=3)
    outline = "\n".join(f"{i}. {part}" for i, part in enumerate(parts, 1))
    return [
        [
            _say(f"I am Walkaway's rehearsal model, offline and rule-based. I take this as: make {wish.path}."),
            _call("report_progress", metadata={"status": f"outlining {wish.path}", "percent": 10}),
        ],
        [
            _say(f"The outline for {name}:\n\n{outline}"),
            _call("report_progress", metadata={"status": f"writing {wish.path}", "percent": 40}),
        ],
        [make],
        [_call("report_progress", metadata={"status": f"checking {wish.path}", "percent": 90}), check],
        [
            _say(f"Done: {name} is in {wish.path}."),
            _call("report_progress", metadata={"status": "done", "percent": 100}),
        ],
        [_say(f"You find it {contained.where(wish.path)}. {prose.SIGNATURE}")],
    ]


def _say(text: str) -> Block:
    return {"type": "text", "text": text}


def _call(name: str, **arguments: Any) -> Block:
    return {"type": "tool_use", "name": name, "input": arguments}


def _allowed(block: Block, tools: set[str]) -> bool:
    return block["type"] != "tool_use" or block["name"] in tools


def _named(block: Block, here: Place, index: int) -> Block:
    """Give a tool call an id that no other call of the conversation has."""
    return {**block, "id": f"toolu_{here.seed[:20]}{index}"} if block["type"] == "tool_use" else block


def _texts(message: Block) -> list[str]:
    """Give what somebody has said in a message, and leave out what we are told."""
    texts = [block["text"] for block in blocks(message["content"]) if block["type"] == "text"]
    return [text for text in texts if not (GO_ON in text or NUDGE in text)]


def _is_told(message: Block, what: str) -> bool:
    return any(what in block.get("text", "") for block in blocks(message["content"]))
