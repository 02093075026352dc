"""`walkaway agents`: named settings; they are made, looked at, edited as YAML and compared."""

import shlex
from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from walkaway.commands import agent_named, asking, cleaning, completing, known, options, texts, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column


@click.group(cls=options.Group)
def agents() -> None:
    """Named settings that sessions share: list, make, edit and compare them."""


@agents.command("list", examples=("walkaway agents list", "walkaway agents list --field name"))
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def list_(app: App, /, *, limit: int) -> None:
    """List agents, the newest first."""
    columns = [
        Column("AGENT", lambda raw: str(raw["name"])),
        Column("VERSION", lambda raw: str(raw.get("version") or "")),
        Column("MODEL", lambda raw: str(raw.get("model") or ""), spare=True),
        Column("CHANGED", lambda raw: times.point(raw.get("updated_at"), utc=app.said.utc), spare=True),
        Column("DESCRIPTION", lambda raw: str(raw.get("description") or ""), grows=True),
    ]
    none = "There are no agents: walkaway agents create NAME makes one"
    app.out.rows(asking.every(app, "agents", limit=limit), columns, _id, none)


@agents.command("show", examples=("walkaway agents show researcher", "walkaway agents show researcher@1"))
@click.argument("name", metavar="AGENT[@VERSION]", shell_complete=completing.agents)
@pass_app
def show(app: App, /, *, name: str) -> None:
    """Show an agent as it is, or as it was in a version: what `agents create --file` takes again."""
    agent, version = agent_named.found(app, name)
    raw = agent_named.version(app, agent, version) if version else agent
    app.out.record(
        raw,
        lambda: app.out.text(_yaml(agent_named.version(app, agent, version or agent["version"])).rstrip()),
        _id(raw),
    )


@agents.command(
    "create",
    examples=(
        'walkaway agents create scribe --instructions "Write plainly."',
        "walkaway agents create --file researcher.yaml",
    ),
)
@click.argument("name", default="")
@click.option("--file", metavar="YAML", help="Settings as `agents show` prints them; - is standard input.")
@click.option("--description", metavar="TEXT", help="What it is for, for people.")
@click.option("--instructions", metavar="TEXT", help="What it is told; - is standard input, @FILE a file.")
@click.option("--model", metavar="MODEL", help="The model that answers.")
@click.option("--approve", multiple=True, metavar="TOOL", help="Ask before calls of this tool.")
@pass_app
def create(
    app: App,
    /,
    *,
    name: str,
    file: str | None,
    description: str | None,
    instructions: str | None,
    model: str | None,
    approve: tuple[str, ...],
) -> None:
    """Make an agent, which `walkaway run --agent NAME` then works as."""
    said = {
        "name": name,
        "description": description,
        "instructions": texts.given(instructions) if instructions else None,
        "model": model,
        "approve": list(approve),
    }
    settings = _read(file) if file else {}
    settings |= {key: value for key, value in said.items() if value}
    if not settings.get("name"):
        raise click.UsageError("An agent has a name: walkaway agents create NAME")
    with known.named(app, None, settings.get("model")):
        made = app.client.agents.create(**settings)
    raw = asking.one(app, "agents", made.id) if not app.out.is_plain else {}
    app.out.record(
        raw, lambda: app.out.note(f"{made.name} is made: walkaway run --agent {shlex.quote(made.name)} …"), made.id
    )


@agents.command(
    "edit", examples=("walkaway agents edit researcher", "walkaway agents edit researcher --file researcher.yaml")
)
@click.argument("name", metavar="AGENT", shell_complete=completing.agents)
@click.option("--file", metavar="YAML", help="Take this instead of asking $EDITOR; - is standard input.")
@pass_app
def edit(app: App, /, *, name: str, file: str | None) -> None:
    """Edit an agent as YAML in $EDITOR. A line that is taken out goes back to its default.

    What cannot be saved can be edited again, and is kept.
    """
    from walkaway.commands import editing, yamls
    from walkaway_wire.agents import AgentCreate

    agent, _ = agent_named.found(app, name, versioned=False)
    before = agent_named.settings(agent_named.version(app, agent, agent["version"]))
    if file:
        change = editing.changes(before, _read(file), AgentCreate)
        agent_named.save(app, agent, change)
    else:
        change = editing.until_taken(
            app,
            _head(agent) + yamls.write(before),
            lambda said: agent_named.save(
                app, agent, editing.changes(before, agent_named.settings(yamls.read(said, "It")), AgentCreate)
            ),
            suffix=".yaml",
            again=f"agents edit {agent['id']} --file",
        )
    raw = asking.one(app, "agents", agent["id"]) if not app.out.is_plain else {}
    now = f"{agent['name']} is changed: {', '.join(change)}" if change else "Nothing is changed"
    app.out.record(raw, lambda: app.out.note(now), agent["id"])


@agents.command("versions", examples=("walkaway agents versions researcher", "walkaway agents versions researcher -q"))
@click.argument("name", metavar="AGENT", shell_complete=completing.agents)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def versions(app: App, /, *, name: str, limit: int) -> None:
    """List an agent's versions, the newest first; -q prints their names."""
    agent, _ = agent_named.found(app, name, versioned=False)
    columns = [
        Column("VERSION", lambda raw: f"{agent['name']}@{raw['version']}"),
        Column("MADE", lambda raw: times.point(raw.get("updated_at"), utc=app.said.utc)),
        Column("MODEL", lambda raw: str(raw.get("model") or ""), spare=True),
        Column("INSTRUCTIONS", lambda raw: str(raw.get("instructions") or ""), grows=True),
    ]
    listed = asking.every(app, "agents", agent["id"], "versions", limit=limit)
    app.out.rows(listed, columns, lambda raw: f"{agent['name']}@{raw['version']}")


@agents.command(
    "diff", examples=("walkaway agents diff researcher@1 researcher@2", "walkaway agents diff researcher@1")
)
@click.argument("before", metavar="AGENT@VERSION", shell_complete=completing.agents)
@click.argument("after", default="", metavar="[AGENT[@VERSION]]", shell_complete=completing.agents)
@pass_app
def diff(app: App, /, *, before: str, after: str) -> None:
    """Show what differs between two agents, or versions of one; without the second, to what the first is now."""
    from walkaway.commands import differing

    pair = [agent_named.found(app, before), agent_named.found(app, after or before.rpartition("@")[0] or before)]
    raws = [agent_named.version(app, agent, version or agent["version"]) for agent, version in pair]
    if not app.out.is_plain:
        app.out.rows(raws, (), lambda raw: f"{raw['name']}@{raw['version']}")
        return
    old, new = map(_yaml, raws)
    first, second = (f"{agent['name']}@{raw['version']}" for (agent, _), raw in zip(pair, raws, strict=True))
    for line in differing.lines(app, old, new, first, second):
        app.out.line(line)


@agents.command("delete", examples=("walkaway agents delete scribe --yes", "walkaway agents delete a b --yes"))
@click.argument("names_", nargs=-1, required=True, metavar="AGENT…", shell_complete=completing.agents)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, /, *, names_: tuple[str, ...], yes: bool) -> None:
    """Delete agents. Sessions that name them go on with what they were."""
    those = [agent_named.found(app, name, versioned=False)[0] for name in names_]
    app.sure(f"Delete {', '.join(agent['name'] for agent in those)}?", yes=yes)
    for agent in those:
        app.client.agents.delete(agent["id"])
        said = f"{agent['name']} is deleted"
        app.out.record({"id": agent["id"], "deleted": True}, partial(app.out.note, said), agent["id"])


def _yaml(raw: Mapping[str, Any]) -> str:
    from walkaway.commands import yamls

    return yamls.write(agent_named.settings(raw))


def _head(agent: Mapping[str, Any]) -> str:
    return f"# {cleaning.line(agent['name'])}, version {agent['version']}. What is saved here is the next version.\n"


def _read(file: str) -> dict[str, Any]:
    from walkaway.commands import yamls

    return agent_named.settings(yamls.file(file))


def _id(raw: Mapping[str, Any]) -> str:
    return str(raw["id"])
