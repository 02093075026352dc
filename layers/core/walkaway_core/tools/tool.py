"""What a tool is, and what it is given to work with."""

import inspect
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from walkaway_core.services import Services
from walkaway_core.sessions import Session


class ToolError(Exception):
    """The call cannot be carried out; the message tells the agent what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the model is told."""

    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Hands:
    """What a tool reaches: the ports, and the session whose scope binds it."""

    services: Services
    session: Session


class Tool(BaseModel):
    """A tool's arguments, and what it does with them."""

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str]
    repeatable: ClassVar[bool]
    """Whether carrying the same call out twice is no worse than once."""
    deadline: ClassVar[float] = 60.0
    """Seconds after which a call whose end nobody recorded counts as lost."""

    def run(self, hands: Hands) -> str:
        """Do it. Raises ToolError, or one of the core's errors."""
        raise NotImplementedError

    @classmethod
    def definition(cls) -> dict[str, Any]:
        """Describe the tool to the model, in the shape of the Messages API."""
        schema = cls.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        for field in schema.get("properties", {}).values():
            field.pop("title", None)
        return {"name": cls.name, "description": inspect.cleandoc(cls.__doc__ or ""), "input_schema": schema}
