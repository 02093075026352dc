"""What the model service for tests refuses, as the real one does; and how it signs thinking."""

import itertools
from collections.abc import Sequence
from typing import Any

from tests.kit.prompt_cache import marked
from walkaway_core.models import catalog
from walkaway_core.models.rehearsal import binding, refusing

Block = dict[str, Any]

SAMPLING = ("temperature", "top_p", "top_k")
BEFORE_SAMPLING_WENT = ("", "2023-06-01", "bedrock-2023-05-31")
MARKERS = 4


def problems(path: str, body: Block, version: str) -> list[str]:
    """Say what the service would refuse of a request in this version of the API."""
    wrong = [] if path == "/v1/messages" else [f"no such path: {path}"]
    wrong += [f"{name} is missing" for name in ("model", "max_tokens", "messages") if name not in body]
    if version not in BEFORE_SAMPLING_WENT:
        wrong += [f"{name}: Extra inputs are not permitted" for name in SAMPLING if name in body]
    card = catalog.find(body.get("model", ""))
    if body.get("tool_choice", {}).get("type") in ("any", "tool") and card and not card.forced_tools:
        wrong.append("tool_choice: a tool cannot be forced")
    if misforced := refusing.misforced(body):
        wrong.append(misforced)
    if "temperature" in body and "top_p" in body:
        wrong.append("`temperature` and `top_p` cannot both be specified for this model")
    messages = body.get("messages", [])
    blocks = [block for message in messages for block in message["content"]]
    if not all(message["content"] for message in messages) or not all(b["text"].strip() for b in blocks if "text" in b):
        wrong.append("content must not be empty")
    if not all(block.get("signature") for block in blocks if block["type"] == "thinking"):
        wrong.append("thinking without a signature")
    return [
        *wrong,
        *_markers([*body.get("tools", ()), *binding.blocks(body.get("system", [])), *blocks]),
        *_roles(body),
    ]


def signed(blocks: Sequence[Block], body: Block) -> list[Block]:
    """Sign the thinking blocks of an answer to a request, where they say nothing of a signature."""
    made: list[Block] = []
    for block in blocks:
        before = [earlier for earlier in made if earlier["type"] == "thinking"]
        is_unsigned = block["type"] == "thinking" and "signature" not in block
        made.append({**block, "signature": binding.signature(body, before)} if is_unsigned else block)
    return made


def _markers(blocks: list[Block]) -> list[str]:
    """Look at the cache's markers (Messages API, prompt caching)."""
    marks = marked(blocks)
    lives = [block["cache_control"].get("ttl", "5m") for block in marks.values()]
    wrong = [f"cache_control on {block['type']}" for block in marks.values() if block.get("type") in binding.THOUGHTS]
    if len(marks) > MARKERS:
        wrong.append(f"{len(marks)} blocks with cache_control, and {MARKERS} at the most")
    if lives != sorted(lives):
        wrong.append(f"a ttl of 1h behind one of 5m: {lives}")
    return wrong


def _roles(body: Block) -> list[str]:
    """Look at the order of the messages, and at every call's result."""
    wrong = []
    messages = body.get("messages", [])
    roles = [message["role"] for message in messages]
    last = messages[-1]["content"][-1]["type"] if messages else ""
    paused = last == "server_tool_use" or last.endswith("_tool_result")
    turns = roles[:-1] if paused else roles  # an answer that paused goes back as it is
    if turns != ["user", "assistant"] * (len(turns) // 2) + ["user"] * (len(turns) % 2) or len(turns) % 2 == 0:
        wrong.append(f"roles must alternate, from user to user: {roles}")
    open_: list[str] = []
    for before, after in itertools.pairwise([*messages, {"content": []}]):
        if before["role"] != "assistant":
            continue
        content = before["content"]
        results = [block["tool_use_id"] for block in content if block["type"].endswith("_tool_result")]
        if [block.get("tool_use_id") for block in content[: len(open_)]] != open_:
            wrong.append(f"an answer begins with the results of {open_}, which were still to come")
        served = [block["id"] for block in content if block["type"] == "server_tool_use"]
        if unasked := set(results) - {*served, *open_}:
            wrong.append(f"results of calls that nobody made: {unasked}")
        open_ = [id_ for id_ in served if id_ not in results]
        if before is messages[-1]:
            break
        asked = [block["id"] for block in content if block["type"] == "tool_use"]
        answered = [block["tool_use_id"] for block in after["content"] if block["type"] == "tool_result"]
        if asked != answered[: len(asked)] or len(answered) != len(asked):
            wrong.append(f"tool_use {asked} without its tool_result, found {answered}")
        if open_ and (not answered or len(answered) != len(after["content"])):
            wrong.append(f"server_tool_use {open_} without its result")
    return wrong
