"""The items of a response's output, as its stream and its object both have them (contract D.2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from walkaway_wire import gate, jsontext

Item = dict[str, Any]
LABEL: Final = "walkaway"
"""The MCP server that tools of this server's are said to belong to: clients carry such calls, and run none."""


def message(id_: str, status: str, content: Sequence[Item], phase: str = "") -> Item:
    """What the model says; `phase`, once it is known: `commentary` or `final_answer`."""
    item = {"type": "message", "id": id_, "status": status, "role": "assistant", "content": [*content]}
    return {**item, "phase": phase} if phase else item


def text(said: str, citations: Sequence[Mapping[str, Any]] = ()) -> Item:
    """A part of a message. What is cited counts for the whole part, in characters."""
    cited = [annotation for citation in citations if (annotation := _annotation(citation, len(said)))]
    return {"type": "output_text", "text": said, "annotations": cited, "logprobs": []}


def refusal(said: str) -> Item:
    """A part of a message that says why there is no more."""
    return {"type": "refusal", "refusal": said}


def reasoning(id_: str, status: str, summary: Sequence[Item], sealed: str = "") -> Item:
    """What the model has thought, in its own words or without any; `sealed`: for who sends it back."""
    item = {"type": "reasoning", "id": id_, "summary": [*summary], "status": status}
    return {**item, "encrypted_content": sealed} if sealed else item


def summary(said: str) -> Item:
    """A part of what the model has thought."""
    return {"type": "summary_text", "text": said}


def function_call(id_: str, call: str, name: str, arguments: str, status: str) -> Item:
    """A call that the caller is to answer."""
    about = {"call_id": call, "name": name, "arguments": arguments, "status": status}
    return {"type": "function_call", "id": id_, **about}


class Result(NamedTuple):
    """What came of a call of a tool of the server's."""

    content: str
    is_error: bool


def mcp_call(  # noqa: PLR0917 - its fields
    id_: str, name: str, arguments: str, status: str, result: Result | None = None, request: str | None = None
) -> Item:
    """A call of a tool of the server's; `request` is the id of the request that was answered with a yes, if any was."""
    failed = result is not None and result.is_error
    about = {"server_label": LABEL, "name": name, "arguments": arguments}
    error = {"type": "mcp_tool_execution_error", "content": result.content} if result and failed else None
    output = result.content if result and not failed else None
    ending = {"output": output, "error": error, "status": status, "approval_request_id": request}
    return {"type": "mcp_call", "id": id_, **about, **ending}


def approval_request(id_: str, name: str, arguments: str) -> Item:
    """A call that runs once the caller says yes."""
    return {"type": "mcp_approval_request", "id": id_, "server_label": LABEL, "name": name, "arguments": arguments}


def web_search_call(id_: str, status: str, name: str, given: Mapping[str, Any]) -> Item:
    """What the model service does on the web by itself; `name` is its own of the tool, `given` the arguments."""
    if name == "web_fetch":
        action: Item = {"type": "open_page", "url": _string(given, "url")}
    else:
        query = _string(given, "query")
        action = {"type": "search", "query": query, "queries": [query], "sources": []}
    return {"type": "web_search_call", "id": id_, "status": status, "action": action}


def read_arguments(said: str) -> tuple[str, bool]:
    """Give a call's arguments as its item has them, and whether they are an object, as the engine sees it."""
    try:
        decoded = gate.decoded(said or "{}")
    except ValueError:
        return said, False
    return (jsontext.dumps(decoded), True) if isinstance(decoded, dict) else (said, False)


def _annotation(citation: Mapping[str, Any], end: int) -> Item | None:
    """Say where on the web a text comes from; None for what has no address there."""
    url = citation.get("url", citation.get("source"))
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        return None
    title = _string(citation, "title")
    return {"type": "url_citation", "url": url, "title": title, "start_index": 0, "end_index": end}


def _string(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
