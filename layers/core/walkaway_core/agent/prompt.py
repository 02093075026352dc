"""What the model is told: instructions, the conversation, the tools."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from walkaway_core.agent import client_tools, room, surroundings, tools
from walkaway_core.log.conversation import View, conversation
from walkaway_core.log.late_results import Place
from walkaway_core.log.transcript import Entry
from walkaway_core.models import arguments, catalog
from walkaway_core.ports import paths
from walkaway_core.ports.model import ModelRequest
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services

SYSTEM = f"""\
You carry out a task on your own; the user has walked away and comes back for the result. Nobody answers questions \
while you work, so decide and go on.
Your workspace is {paths.MOUNT}. Files that you write there are what the user finds afterwards; put what was asked for \
where the user said, and mention the paths in your last message.
In a task of several steps, call report_progress whenever you begin a new part."""


AS_SAID = [
    setting.name
    for setting in fields(AgentSettings)
    if (setting.name, setting.type) in {(field.name, field.type) for field in fields(ModelRequest)}
]
"""Settings that a model call takes as they are: those of a name and a type that it has, too."""
LONG, CACHED, LAST = 150.0, 3600.0, 6
"""Seconds between two answers above which the cache's shorter life of 5 minutes, counted from a request's start, may
have run out; above which the longer one has; and how many of the last answers are looked at."""
NO_COMMANDS = "There is no bash: you cannot run commands here. Use the other tools."


@dataclass(frozen=True, slots=True)
class Prompt:
    """A model call as it goes out, what stands before its conversation, and where each block of that comes from."""

    request: ModelRequest
    prefix: str
    places: list[list[Place | None]]

    def place(self, message: int, block: int) -> Place | None:
        """Say where a block comes from, by its numbers in the request."""
        try:
            return self.places[message][block]
        except IndexError:
            return None


def prompt(
    services: Services, entries: Sequence[Entry], tenant: str, settings: AgentSettings, *, bare: bool = False
) -> Prompt:
    """Put together the next model call of a turn with these settings, in a session in which this has been said.

    `bare`: without the thinking of earlier answers, since the service has refused it.
    """
    there = tools.there(services, settings)
    without = NO_COMMANDS if "bash" in tools.wanted(settings) and "bash" not in {*there, *settings.tools} else ""
    about = surroundings.container(services, there) if settings.toolset == "container" else SYSTEM
    empty = ModelRequest(
        system="\n\n".join(filter(None, (about, without, settings.instructions))),
        messages=[],
        tools=[
            *(tools.definition(settings, name) for name in there),
            *client_tools.definitions(services, tenant, settings),
        ],
        max_tokens=settings.max_output_tokens or catalog.most_output(settings.model),
        server_tools=tools.served(settings),
        container=_container(entries, services.clock.now()),
        slow=_slow(entries, services.clock.now()),
        **_as_said(settings),
    )
    prefix = services.model.prefix(empty)
    seen = conversation(entries, View(prefix, bare, room.longest(services, settings)))
    return Prompt(replace(empty, messages=seen.messages), prefix, seen.places)


def dropped(services: Services, settings: AgentSettings) -> list[str]:
    """Name the settings that the model does not take, and does not get; a new session or agent may not have such.

    Among them is the choice of a tool that has gone.
    """
    nothing = ModelRequest(
        system="", messages=[], tools=[], max_tokens=settings.max_output_tokens, **_as_said(settings)
    )
    left = arguments.dropped(replace(nothing, server_tools=tools.served(settings)))
    choice = settings.tool_choice
    gone = isinstance(choice, dict) and choice["name"] not in tools.named(services, settings)
    return [*left, "tool_choice"] if gone and "tool_choice" not in left else left


def _as_said(settings: AgentSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in AS_SAID}


def _container(entries: Sequence[Entry], now: float) -> str:
    """Name the container in which the service's tools have left their files, while it is there."""
    newest = next((e.body["container"] for e in reversed(entries) if "container" in e.body), None)
    if newest is None or datetime.fromisoformat(newest["expires_at"]).timestamp() < now + 60:
        return ""
    return str(newest["id"])


def _slow(entries: Sequence[Entry], now: float) -> bool:
    """Whether one of the last answers was long in coming: what takes long once, takes long again."""
    times = [entry.at for entry in entries if entry.body.get("role") == "assistant"][-LAST:]
    return any(LONG < later - earlier < CACHED for earlier, later in itertools.pairwise([*times, now]))
