"""The kinds of things that a file can declare: how each is checked, found, looked at, made, changed and deleted."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, Field, ValidationError

from walkaway.commands import agent_named, asking, names, pruning, schedule_declared
from walkaway.commands.schedule_declared import DeclaredSchedule
from walkaway.given import address
from walkaway_wire import jsontext
from walkaway_wire.agents import AgentCreate
from walkaway_wire.tools import FunctionTool
from walkaway_wire.webhooks import WebhookCreate

if TYPE_CHECKING:
    from walkaway.commands.app import App

Raw = Mapping[str, Any]
EVERY: Final = 1_000_000


class Kind(ABC):
    """A kind. `model` checks what a document says, and knows what holds where it says nothing.

    `stays`: what stays as it is where a document says nothing, since records do not tell what is a default.
    """

    name: ClassVar[str]
    model: ClassVar[type[BaseModel]]
    stays: ClassVar[frozenset[str]]

    @abstractmethod
    def every(self, app: "App") -> list[dict[str, Any]]:
        """Ask for all there are."""

    @abstractmethod
    def settings(self, app: "App", raw: Raw) -> dict[str, Any]:
        """Give what can be said of one, each with its value."""

    def refused(self, app: "App", wanted: Raw, change: Raw, agents: AbstractSet[str]) -> str:
        """Say why the server would refuse what one is to be, where it can be asked; else nothing.

        `agents`: names that are declared before it.
        """
        del app, wanted, change, agents
        return ""

    @abstractmethod
    def create(self, app: "App", said: Raw) -> dict[str, Any]:
        """Make one; give its record, and its secret if it has one."""

    @abstractmethod
    def change(self, app: "App", raw: Raw, change: dict[str, Any]) -> None:
        """Change what is named of the one that `raw` has shown."""

    @abstractmethod
    def delete(self, app: "App", raw: Raw) -> None:
        """Delete one."""

    def label(self, raw: Raw) -> str:
        """Say which one it is."""
        return f"{self.name} {raw['name']}"

    def untold(self, raw: Raw) -> str:
        """Say what of one cannot be written down."""
        del raw
        return ""

    def check(self, said: Raw) -> dict[str, Any]:
        """Read what a document says: that alone, in the form that records have. Raises ValidationError."""
        return self.model.model_validate(dict(said)).model_dump(exclude_unset=True)

    def default(self, field: str) -> Any:
        """Say what holds where a document says nothing of a field."""
        return self.model.model_fields[field].get_default(call_default_factory=True)

    def wanted(self, said: Raw, now: Raw) -> dict[str, Any]:
        """Say what one is to be, of which this is said, and which is so now."""
        wanted = dict(now)
        for field in [field for field in now if field in self.model.model_fields]:
            if field not in self.stays:
                wanted[field] = said.get(field, self.default(field))
            elif said.get(field) is not None:
                wanted[field] = said[field]
        return wanted

    def written(self, settings: Raw) -> dict[str, Any]:
        """Give the document that says it, without what holds anyway."""
        said = {
            field: value
            for field, value in settings.items()
            if field in self.model.model_fields
            and (self.model.model_fields[field].is_required() or value != self.default(field))
        }
        return {"kind": self.name, "name": settings["name"], **said}


class _Agents(Kind):
    name = "agent"
    model = AgentCreate
    stays = frozenset({"thinking", "max_output_tokens"})  # shown as the model has them, where nobody says them

    def every(self, app: "App") -> list[dict[str, Any]]:
        return [dict(raw) for raw in asking.every(app, "agents", limit=EVERY)]

    def settings(self, app: "App", raw: Raw) -> dict[str, Any]:
        whole = agent_named.version(app, raw, raw["version"]) if raw["tools"] else raw
        settings = agent_named.settings(whole)
        return {**settings, "tools": [_tool(tool) for tool in settings["tools"]]}

    def create(self, app: "App", said: Raw) -> dict[str, Any]:
        return asking.one(app, "agents", app.client.agents.create(**said).id)

    def change(self, app: "App", raw: Raw, change: dict[str, Any]) -> None:
        agent_named.save(app, raw, change)

    def delete(self, app: "App", raw: Raw) -> None:
        app.client.agents.delete(str(raw["id"]))

    def label(self, raw: Raw) -> str:
        return f"agent {raw['name']}@{raw['version']}"

    def check(self, said: Raw) -> dict[str, Any]:
        checked = super().check(said)
        return {**checked, "tools": [_tool(tool) for tool in checked["tools"]]} if "tools" in checked else checked


class _DeclaredWebhook(WebhookCreate):
    status: Annotated[Literal["enabled", "disabled"], Field(description="stays as it is where nothing is said")] = (
        "enabled"
    )


class _Webhooks(Kind):
    name = "webhook"
    model = _DeclaredWebhook
    stays = frozenset({"status"})  # the server disables those that fail

    def every(self, app: "App") -> list[dict[str, Any]]:
        return names.webhooks(app)

    def settings(self, app: "App", raw: Raw) -> dict[str, Any]:
        del app
        return {field: raw[field] for field in self.model.model_fields if field in raw}

    def create(self, app: "App", said: Raw) -> dict[str, Any]:
        made = app.client.webhooks.create(**{key: value for key, value in said.items() if key != "status"})
        if said.get("status", made.status) != made.status:
            app.client.webhooks.update(made.id, status=said["status"])
        return made.model_dump()

    def change(self, app: "App", raw: Raw, change: dict[str, Any]) -> None:
        app.client.request("PATCH", address("webhooks", str(raw["id"])), json=change).record("id")

    def delete(self, app: "App", raw: Raw) -> None:
        app.client.webhooks.delete(str(raw["id"]))

    def untold(self, raw: Raw) -> str:
        return f"its secret is not shown again; walkaway webhooks rotate {raw['name']} makes another"


class _Schedules(Kind):
    name = "schedule"
    model = DeclaredSchedule
    stays = frozenset({"status"})  # the server pauses those that fail, and people do

    def every(self, app: "App") -> list[dict[str, Any]]:
        return [dict(raw) for raw in asking.every(app, "schedules", limit=EVERY)]

    def settings(self, app: "App", raw: Raw) -> dict[str, Any]:
        del app
        fields = {field: raw[field] for field in self.model.model_fields if field in raw}
        return {**pruning.shown(fields), "status": "paused" if raw["status"] == "paused" else "active"}

    def wanted(self, said: Raw, now: Raw) -> dict[str, Any]:
        wanted = super().wanted(said, now)
        return wanted | ({"attachments": now["attachments"]} if self._keeps(said, now) else {})

    def refused(self, app: "App", wanted: Raw, change: Raw, agents: AbstractSet[str]) -> str:
        return schedule_declared.refused(app, wanted, change.keys(), agents)

    def _keeps(self, said: Raw, now: Raw) -> bool:
        return "attachments" not in said and said.get("action") != "prune" and _hides(now)

    def written(self, settings: Raw) -> dict[str, Any]:
        return super().written({**settings, "attachments": []} if _hides(settings) else settings)

    def create(self, app: "App", said: Raw) -> dict[str, Any]:
        return app.client.schedules.create(**pruning.sent(said)).raw

    def change(self, app: "App", raw: Raw, change: dict[str, Any]) -> None:
        app.client.schedules.update(str(raw["id"]), **pruning.sent(change))

    def delete(self, app: "App", raw: Raw) -> None:
        app.client.schedules.delete(str(raw["id"]))

    def untold(self, raw: Raw) -> str:
        hidden = "the data of its attachments is not shown again, and stays" if _hides(raw) else ""
        ended = (
            "it never fires again; leave it out where there is none of this name" if raw["status"] == "ended" else ""
        )
        return "; ".join(filter(None, (hidden, ended)))


def _hides(settings: Raw) -> bool:
    """Whether a schedule has attachments whose data is not shown."""
    return any("data" in each for each in settings["attachments"])


def _tool(tool: Raw) -> dict[str, Any]:
    """Give a tool with what records show of it."""
    try:
        return FunctionTool.model_validate(dict(tool)).model_dump(exclude={"strict"}, exclude_none=True)
    except ValidationError:  # of a newer server, say
        return dict(tool)


KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (_Agents(), _Webhooks(), _Schedules())}
"""All of them, by the name that a document says."""


def is_text(value: object) -> bool:
    """Whether something is text of whole characters, and not empty."""
    return isinstance(value, str) and bool(value.strip()) and jsontext.is_unicode(value)
