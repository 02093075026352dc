"""Makes room when a conversation nears the model's window: what is old becomes a summary, what is new stays as it is.

The entries themselves stay in the table and in `GET …/messages`; only the model is shown the summary in their place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from walkaway_core.agent import prompt
from walkaway_core.log import transcript
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.model import ModelRequest
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

NEAR, FULL, KEPT = 0.7, 0.9, 0.25
"""Shares of the room: from where on tokens are counted, where it is full, and how much of the newest is kept."""
SUMMARY_TOKENS = 8_000
CHARACTERS_PER_TOKEN = 3.5
ATTACHMENT_TOKENS = 2_000
"""What an image or a document is taken for; near the window the service counts."""
ASK = """\
The conversation above will be cut off here. Write what is needed to go on without it: what the user wants, in detail; \
what has been done and found; which files there are and what is in them; what was decided and why; what is left to do. \
Only text; do not call a tool."""
FALLBACK = "Nothing is known of what came before; look at the workspace."


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a conversation is cut: what stays behind the summary, the first one being a message or an answer."""

    kept: list[Entry]


def needed(services: Services, said: Sequence[Entry], tenant: str, settings: AgentSettings) -> Cut | None:
    """Say where the conversation must be cut before the next call; None when there is room, or nothing to cut."""
    window = services.settings.context_tokens
    room = max(window - settings.max_output_tokens - int(settings.thinking or 0), window // 4)
    size = _size(said)
    if not _overflowed(said):
        if size > NEAR * room:
            size = services.model.count(prompt.request(services, said, tenant, settings)) or size
        if size <= FULL * room:
            return None
    return _cut(transcript.shown(said), KEPT * room)


def request(services: Services, said: Sequence[Entry], cut: Cut, tenant: str, settings: AgentSettings) -> ModelRequest:
    """Ask for the summary: the same beginning as the last call, so that it is read from the cache."""
    whole = [entry for entry in said if entry.id < cut.kept[0].id]
    asked = prompt.request(services, whole, tenant, settings)
    messages = [*asked.messages]
    block = {"type": "text", "text": ASK}
    if messages[-1]["role"] == "user":
        messages[-1] = {**messages[-1], "content": [*messages[-1]["content"], block]}
    else:
        messages.append({"role": "user", "content": [block]})
    return replace(asked, messages=messages, max_tokens=SUMMARY_TOKENS, thinking=False, server_tools=())


def text(summary: str, cut: Cut, task: Entry | None) -> str:
    """Put the summary into words for the model, with the turn's message in full if that is cut off."""
    said = summary.strip() or FALLBACK
    if task is None or any(entry.id == task.id for entry in cut.kept):
        return said
    return f"{said}\n\nThe user's last message, in full:\n\n{transcript.text(task.body['content'])}"


def _overflowed(said: Sequence[Entry]) -> bool:
    last = next((entry for entry in reversed(said) if entry.call is None), None)
    return last is not None and last.body.get("stop_reason") == "model_context_window_exceeded"


def _size(said: Sequence[Entry]) -> int:
    """Estimate the tokens of a conversation: what the service counted at the last answer, and what came since."""
    summary = max((i for i, entry in enumerate(said) if entry.body.get("role") == "summary"), default=-1)
    counted = max((i for i, entry in enumerate(said) if i > summary and entry.body.get("tokens")), default=-1)
    if counted >= 0:
        return int(said[counted].body["tokens"]) + sum(map(_estimate, said[counted + 1 :]))
    before = len(said[summary].body["summary"]) / CHARACTERS_PER_TOKEN if summary >= 0 else 0
    return int(before) + sum(map(_estimate, transcript.shown(said)))


def _estimate(entry: Entry) -> int:
    content = entry.body.get("content", "")
    blocks = content if isinstance(content, list) else [{"text": content}]
    return sum(
        ATTACHMENT_TOKENS if "source" in block else int(len(jsontext.dumps(block)) / CHARACTERS_PER_TOKEN)
        for block in blocks
    )


def _cut(shown: list[Entry], most: float) -> Cut | None:
    """Keep as many of the newest exchanges as fit, the last one in any case; answers stay with their calls' results."""
    size, at = 0.0, 0
    for index in range(len(shown) - 1, 0, -1):
        size += _estimate(shown[index])
        if at and size > most:
            break
        if shown[index].call is None:
            at = index
    return Cut(shown[at:]) if at else None
