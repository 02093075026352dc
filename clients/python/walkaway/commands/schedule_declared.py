"""A schedule as a document declares it: what can be said of one, and whether the server would take it."""

from collections.abc import Mapping, Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Final

import click
from pydantic import Field, ValidationInfo, field_validator

from walkaway.commands import asking, times
from walkaway.errors import BadRequest, NotFound
from walkaway_wire.messages import MESSAGE_CHARACTERS, AttachmentIn
from walkaway_wire.schedules import ScheduleCreate, SchedulePrune

if TYPE_CHECKING:
    from walkaway.commands.app import App

TIMES: Final = frozenset({"cron", "every", "at", "timezone", "starts_at", "ends_at"})
"""What says when it fires."""
AGENTS: Final = frozenset({"agent", "session"})
"""What may name an agent."""


class DeclaredSchedule(ScheduleCreate):
    """What a document says of a schedule."""

    prune: Annotated[SchedulePrune | None, Field(validate_default=True)] = None
    message: Annotated[str, Field(max_length=MESSAGE_CHARACTERS, validate_default=True)] = ""

    @field_validator("prune")
    @classmethod
    def _says_how_long(cls, prune: SchedulePrune | None, info: ValidationInfo) -> SchedulePrune | None:
        if (prune is not None) != (info.data.get("action") == "prune"):
            raise ValueError("goes with `action: prune`, which says that sessions are deleted; say both, or neither")
        if prune is None:
            return None
        try:
            seconds = times.Whole().convert(prune.older_than, None, None)
        except click.BadParameter as error:
            raise ValueError(f"`older_than`: {error.message}") from None
        return SchedulePrune(status=prune.status, older_than=times.written(seconds))

    @field_validator("message")
    @classmethod
    def _says_something(cls, message: str, info: ValidationInfo) -> str:
        if not message.strip() and info.data.get("action") != "prune":
            raise ValueError("is missing; with `action: prune`, which deletes sessions, there is none")
        return message

    @field_validator("attachments")
    @classmethod
    def _are_shown(cls, attachments: list[AttachmentIn]) -> list[AttachmentIn]:
        if any(each.data is not None for each in attachments):
            raise ValueError("have data, which is not shown again to be compared; name a path of the workspace instead")
        return attachments


def refused(app: "App", wanted: Mapping[str, Any], changed: AbstractSet[str], agents: AbstractSet[str]) -> str:
    """Ask the server whether a schedule could be so, as far as it is changed; say why not.

    `agents`: names that are declared before it.
    """
    said = _never(app, wanted) if TIMES & changed else ""
    return said or (_nobody(app, wanted, agents) if AGENTS & changed else "")


def _never(app: "App", wanted: Mapping[str, Any]) -> str:
    """Say why it would never fire."""
    body = {name: wanted[name] for name in TIMES if wanted.get(name) is not None}
    try:
        app.client.schedules.preview(**body, count=1)
    except BadRequest as error:
        return error.message
    return ""


def _nobody(app: "App", wanted: Mapping[str, Any], agents: AbstractSet[str]) -> str:
    """Say which agent that it names is none."""
    session = wanted.get("session")
    of_session = session.get("agent") if isinstance(session, dict) else None
    for field, name in (("agent", wanted.get("agent")), ("session.agent", of_session)):
        if isinstance(name, str) and name and name not in agents:
            try:
                asking.one(app, "agents", name)
            except NotFound:
                return f"{field}: there is no agent {name!r}, and none is declared before; `walkaway agents list`"
    return ""
