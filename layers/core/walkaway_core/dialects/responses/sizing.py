"""How large an input is, and what stands for one that has become too large (contract D.18)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from walkaway_core.agent import compaction, prompt, settings as agent_settings, suitable
from walkaway_core.dialects.responses import added, answers, beginning, conversations, conversing, problems, thinking
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.wire import ResponseCreate
from walkaway_core.engine import importing, placing
from walkaway_core.errors import NotFound, SessionBusy
from walkaway_core.log.transcript import IMPORTED, Entry
from walkaway_core.models import catalog
from walkaway_core.store import seals
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

ANY: Final = 3.5
"""Characters per token where nobody knows the model."""


def tokens(services: Services, tenant: str, asked: ResponseCreate) -> int:
    """Count what a request would be to its model, with all that it goes on from.

    The model service counts where this process may ask it; else the number is an estimate by characters. Raises
    Refusal, Invalid.
    """
    before, waiting = _before(services, tenant, asked)
    wanted = beginning.wanted(services, tenant, asked)
    given = beginning.given(services, tenant, [*waiting, *wanted.given.items]) if waiting else wanted.given
    values = agent_settings.read(wanted.settings)
    settings = agent_settings.filled(services, AgentSettings(**values))
    suitable.check(services, settings)
    functions = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in wanted.settings.tools or ()
    ]
    results = [
        {"type": "tool_result", "tool_use_id": call, "content": output, "is_error": False}
        for call, output in given.outputs.items()
    ]
    own = [{"role": "user", "content": [*results, *(given.content or wanted.content)]}]
    messages = importing.joined(before, importing.read(given.before), own)
    said = [Entry("", "", 0, f"{IMPORTED}.{number:05}", None, 0.0, body) for number, body in enumerate(messages)]
    request = prompt.prompt(services, said, tenant, settings).request
    request = replace(request, tools=[*request.tools, *functions])
    return services.model.count(request) or _estimate(settings.model, [request.system, request.tools, request.messages])


def _before(services: Services, tenant: str, asked: ResponseCreate) -> tuple[list[dict[str, Any]], list[Item]]:
    """Read what a request goes on from: messages, and items that wait in its conversation."""
    key, waiting = None, list[Item]()
    if asked.conversation:
        session = conversations.find(services, tenant, conversing.named(asked.conversation)).session
        conversations.locked(session)
        key = session.key.turn(session.ended_turn) if session.ended_turn else None
        waiting = added.waiting(services, session)
    elif asked.previous_response_id:
        key = beginning.named(tenant, asked.previous_response_id)
    if key is None:
        return [], waiting
    try:
        return placing.copied(services, tenant, placing.origin(services, key)), waiting
    except (NotFound, SessionBusy) as error:
        raise beginning.not_there(asked.previous_response_id or "", error) from None


def _estimate(model: str, said: Sequence[Any]) -> int:
    card = catalog.find(model)
    return int(len(jsontext.dumps([*said])) / (card.characters_per_token if card else ANY)) + 1


def summing(asked: Mapping[str, Any]) -> ResponseCreate:
    """Ask for a summary instead: what is kept of it is one response, which nobody stores."""
    given = asked.get("input")
    said = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if said is not None and not isinstance(said, list):
        raise problems.Refusal("input must be a text, or a list of items", "input")
    if not said and not asked.get("previous_response_id"):
        raise problems.Refusal("input is missing: say what is to be summed up", "input", problems.MISSING)
    ask = {"role": "user", "content": compaction.ASK}
    return ResponseCreate.model_validate({**asked, "input": [*(said or ()), ask], "store": False})


def compacted(services: Services, turn: Turn) -> dict[str, Any]:
    """Give what stands for the input of a response that has summed it up. Raises Refusal where it has not."""
    made = answers.response(services, turn)
    texts = [part["text"] for item in made["output"] if item["type"] == "message" for part in item["content"]]
    summary = "\n\n".join(text for text in texts if text.strip())
    if made["status"] != "completed" or not summary:
        error = made["error"] or {"message": f"the response {made['id']} is {made['status']}"}
        raise problems.Refusal(f"Nothing was summed up: {error['message']}", told="server_error", status=502)
    names = answers.names(turn.key)
    sealed = seals.seal(seals.key(services, turn.key.tenant), thinking.COMPACTION, {"summary": summary})
    last: Item = {"type": "compaction", "id": names.item("compaction", 1, 1, 0), "encrypted_content": sealed}
    return {
        "id": last["id"],
        "object": "response.compaction",
        "created_at": made["created_at"],
        "output": [*_kept(answers.given(services, turn)[:-1]), last],
        "usage": made["usage"],
        "walkaway": made["walkaway"],
    }


def _kept(items: Sequence[Item]) -> list[Item]:
    """Keep instructions, and the user's last message word by word."""
    messages = [item for item in items if item["type"] == "message"]
    said = [item for item in messages if item["role"] == "user"][-1:]
    return [item for item in messages if item["role"] in ("system", "developer") or item in said]
