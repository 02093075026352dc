"""Sessions of Managed Agents, as requests of their dialect make, change, close and delete them."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from tests.faults import pauses
from tests.faults.script import ASKS
from tests.faults.violations import Found
from tests.faults.world import World
from walkaway_core.dialects.managed import (
    agents,
    environments,
    ids,
    keys,
    session_record,
    session_updates,
    sessions,
)
from walkaway_core.dialects.managed.agent_wire import AgentCreate
from walkaway_core.dialects.managed.environment_wire import EnvironmentCreate
from walkaway_core.dialects.managed.session_wire import SessionCreate, SessionUpdate
from walkaway_core.engine import archiving, deleting
from walkaway_core.store import turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import get

SAYS = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}
NOTHING: Mapping[str, str] = MappingProxyType({})
TOOL = {"type": "custom", "name": "ask", "description": "Asks the user", "input_schema": {"type": "object"}}


def undisturbed(world: World) -> Services:
    """Give a world's services without what goes wrong in it."""
    return replace(world.services, table=world.place.table, workspace=world.place.workspace)


def make(world: World, once: Once | None = None, *, files: Mapping[str, str] = NOTHING, begins: bool = True) -> str:
    """Make one, of an agent and in an environment that are there, with files by their places; give its id.

    `begins`: with a message.
    """
    calm = undisturbed(world)
    agent = agents.create(calm, "t", AgentCreate.model_validate({"name": "a", "model": "test-model", "tools": [TOOL]}))
    environment = environments.create(calm, "t", EnvironmentCreate(name="e"))
    asked = {
        "agent": ids.agent(agent.id),
        "environment_id": environment.id,
        "title": "t",
        "initial_events": [SAYS] if begins else None,
        "resources": [{"type": "file", "file_id": id_, "mount_path": place} for place, id_ in files.items()] or None,
    }
    return sessions.create(world.services, "t", SessionCreate.model_validate(asked), once).key.session


def whole(world: World, id_: str, found: Found) -> None:
    """One that was made is listed, has its title and its tools, and somebody who begins its turn."""
    key = SessionKey("t", id_)
    managed = session_record.get(world.services, key)
    found.must(managed.kept and managed.title == "t", f"{id_} is {managed.kept}")
    found.must(managed.session.options.settings.tools == ("ask",), f"{id_} has other tools")
    found.must(world.place.table.get(keys.session(key))[0], f"{id_} is not listed")
    (turn,) = turns.listing(world.services, key, limit=10)[0]
    found.must(turn.status != "running" or turn.due in _due(world), f"nobody looks at {turn.key}")


def one(world: World) -> None:
    """Have one, of which the world knows."""
    world.session = SessionKey("t", make(world))
    world.finish()


def changes(world: World) -> None:
    """Change all that can be changed of it."""
    managed = session_record.get(world.services, world.session)
    asked = {"title": "other", "metadata": {"a": "1"}, "agent": {"tools": []}}
    session_updates.update(world.services, managed, SessionUpdate.model_validate(asked))


def waits(world: World) -> None:
    """Have a session whose turn waits for its caller."""
    pauses.session(world)
    world.say(ASKS)
    world.settle()


def archives(world: World) -> None:
    """Close it."""
    archiving.archive(world.services, world.session)


def deletes(world: World) -> None:
    """Delete it, unless it runs."""
    deleting.delete(world.services, world.session, running=False)


def closed(world: World, found: Found) -> None:
    """One that is closed has no turn any more, and its log ends with that."""
    session = get(world.services, world.session)
    own = world.place.table.query(world.session.own_log.log).items
    ends = b"session.archived" in own[-1].body
    found.must(bool(session.archived_at) == ends, f"closed at {session.archived_at}, and its log ends with {own[-1]}")
    found.must(not (session.archived_at and session.busy), f"it is closed, and {session.turn} goes on")


def _due(world: World) -> set[str]:
    with world.place.untroubled():
        shards = (world.place.table.query(f"SYS#DUE#{n:02}").items for n in range(16))
        return {item.sk for items in shards for item in items}
