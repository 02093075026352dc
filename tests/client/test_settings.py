"""The settings that a program can name are those that the server takes, with their types."""

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel

from walkaway import Walkaway, settings
from walkaway._sync.resources import Agents
from walkaway._sync.session import Session
from walkaway._sync.sessions import Sessions
from walkaway_wire.agents import AgentChange, AgentCreate
from walkaway_wire.messages import MessageCreate
from walkaway_wire.resources import FileAccess, SessionCreate
from walkaway_wire.settings import OutputFormat, ToolNamed


def plain(kind: Any) -> Any:
    """Give a type without its bounds, and as a caller may give it."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return plain(inner[0])
    if origin in {typing.Union, types.UnionType}:
        return typing.Union[tuple(plain(each) for each in inner)]  # noqa: UP007 - of as many as there are
    if origin is list:
        return Sequence[plain(inner[0])]  # type: ignore[misc]
    if origin is dict:
        return Mapping[inner]  # type: ignore[valid-type,misc]
    return {FileAccess: Mapping[str, Sequence[str]], ToolNamed: Mapping[str, str], OutputFormat: Mapping[str, Any]}.get(
        kind, kind
    )


@pytest.mark.parametrize(
    ("given", "wire", "method"),
    [
        (settings.SessionSettings, SessionCreate, Sessions.create),
        (settings.RunSettings, SessionCreate, Walkaway.run),
        (settings.TurnSettings, MessageCreate, Session.send),
        (settings.AgentSettings, AgentCreate, Agents.create),
        (settings.AgentChanges, AgentChange, Agents.update),
    ],
)
def test_they_are_those_of_the_wire(given: type, wire: type[BaseModel], method: Any) -> None:
    apart = {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY}
    own = {name for name, each in inspect.signature(method).parameters.items() if each.kind in apart}
    hints = typing.get_type_hints(wire, include_extras=True)
    taken = {name: plain(hints[name]) for name in wire.model_fields if name not in own}
    assert typing.get_type_hints(given) == taken
