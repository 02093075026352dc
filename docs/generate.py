"""Writes what the code itself tells: the references, docs/cli.md, and OpenAPI for each dialect. `--check` checks."""

import inspect
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import click

import walkaway
from walkaway import events as of_events
from walkaway._sync.feeds import Feed
from walkaway._sync.files import Entry, Files
from walkaway._sync.hooks import Hooked
from walkaway._sync.lists import Pages
from walkaway._sync.resources import Agents, Webhooks
from walkaway._sync.schedules import Firing, Schedule, Schedules
from walkaway._sync.sessions import Sessions
from walkaway.commands.main import main as cli
from walkaway_core import errors
from walkaway_core.agent.tools import TOOLS, TOOLSETS
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.errors import OTHERS, STATUS
from walkaway_core.ports.metrics import METRICS
from walkaway_core.settings import Settings
from walkaway_core.store.services import Services
from walkaway_wire import webhooks
from walkaway_wire.events import BETWEEN, MEANINGS, TERMINAL
from walkaway_wire.me import FEATURES

HERE = Path(__file__).parent


def openapi() -> Iterator[tuple[str, str]]:
    """The routes of each dialect, which need no services to be described: the names of files, and their text."""
    services = Services(*([None] * 7), settings=Settings())  # type: ignore[arg-type]
    for name, app in create_app(services, Keyring({}), DIALECTS).apps.items():
        file = "openapi.json" if name == "native" else f"openapi-{name}.json"
        yield file, json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"


def reference() -> str:
    """Events, errors, settings, metrics and tools."""
    parts = [
        "# Reference\n\nMade from the code by `make docs`; do not edit it here.\n",
        "## Events\n\nData besides `sequence_number`, which equals the event's `id`. † marks a terminal event.\n",
        _table(
            ("event", "data and meaning"),
            [(f"`{name}`{' †' if name in TERMINAL else ''}", meaning) for name, meaning in MEANINGS.items()],
        ),
        "What a session's events (`GET /v1/sessions/{id}/events`) have besides those of its turns:\n",
        _table(("event", "data and meaning"), [(f"`{name}`", meaning) for name, meaning in BETWEEN.items()]),
        "## Features\n\nWhat `GET /v1/me` names, so that a client sees whether it is there.\n",
        _table(("feature", "what it is"), [(f"`{name}`", meaning) for name, meaning in sorted(FEATURES.items())]),
        "## What webhooks are told\n\nSee [webhooks](webhooks.md).\n",
        _table(("event", "meaning"), [(f"`{name}`", meaning) for name, meaning in webhooks.MEANINGS.items()]),
        '## Errors\n\nThe body is always `{"error": …, "message": …}`.\n',
        _table(("error", "status", "meaning"), _errors()),
        "## Settings\n\nBy environment; `serve` is the local server, the others are functions of a deployed stack.\n",
        _table(("variable", "meaning", "read by"), _settings()),
        "## Metrics\n\nOf a deployed stack: [what they are for](deploy.md#metrics).\n",
        _table(("metric", "unit", "meaning"), [(f"`{each.name}`", each.unit, each.meaning) for each in METRICS]),
        "## The agent's tools\n",
        _table(
            ("tool", "what it does"),
            [(f"`{tool.name}`", " ".join((tool.__doc__ or "").split())) for tool in TOOLS.values()],
        ),
        "## The tools of a container\n\nOf sessions of [Managed Agents](dialects/managed.md), in place of those.\n",
        _table(
            ("tool", "what it does"),
            [(f"`{tool.name}`", " ".join((tool.__doc__ or "").split())) for tool in TOOLSETS["container"].values()],
        ),
        "## Command line\n\nA page of its own: [cli.md](cli.md).\n",
    ]
    return "\n".join(parts)


def client() -> str:
    """The Python client, from its docstrings: what has a name without an underscore, in the order of the sources."""
    kinds = (walkaway.Walkaway, Sessions, walkaway.Session, walkaway.Turn, walkaway.Result, Files, Entry, Pages)
    values = (walkaway.Tool, walkaway.Call, walkaway.Deny, walkaway.ToolError)
    parts = [
        "# The Python client: reference\n\nMade from the code by `make docs`; do not edit it here.\n",
        "[client.md](client.md) is the page to learn it from.\n",
        "Of `AsyncWalkaway` and its kin everything is the same: await what asks the server, and close by `aclose()`.\n",
        *map(_kind, (*kinds, Agents, Schedules, Schedule, Firing, Webhooks, Hooked, Feed, *values)),
        f"## `walkaway.tool`\n\n{_said(walkaway.tool)}\n",
        "## `walkaway.webhooks`\n",
        _signed("unwrap", walkaway.webhooks.unwrap),
        _signed("verify", walkaway.webhooks.verify),
        "## `walkaway.events`\n\nEach has `number`, `cursor`, `type`, `data`, `at_end` and `turn_id`.\n",
        "`at` says when it was written, in seconds since the epoch; 0: nobody knows.\n",
        _table(
            ("class", "event", "what it tells"),
            [(f"`{kind.__name__}`", f"`{name}`", _said(kind)) for name, kind in of_events.ALL.items()],
        ),
        f"## `walkaway.errors`\n\n```\n{(walkaway.errors.__doc__ or '').partition(chr(10) * 2)[2].strip()}\n```\n",
    ]
    return "\n".join(parts)


def _kind(kind: type) -> str:
    lines = [f"## `{kind.__name__}`\n\n{_said(kind)}\n"]
    if is_dataclass(kind):
        shown = [f"`{each.name}: {_type(each.type)}`" for each in fields(kind) if not each.name.startswith("_")]
        lines.append(f"- {', '.join(shown)}")
    for name, member in vars(kind).items():
        if name.startswith("_") or name == "bound":
            continue
        if isinstance(member, property):
            lines.append(
                f"- `{name}: {_type(inspect.signature(member.fget or _type).return_annotation)}`: {_said(member)}"
            )
        elif inspect.isfunction(member):
            lines.append(_signed(name, member).rstrip())
    return "\n".join(lines) + "\n"


def _signed(name: str, function: object) -> str:
    assert callable(function)
    given = inspect.signature(function)
    named = [each for each in given.parameters.values() if each.name != "self"]
    plain = given.replace(
        parameters=[each.replace(annotation=each.empty) for each in named], return_annotation=given.empty
    )
    return f"- `{name}{plain} -> {_type(given.return_annotation)}`: {_said(function)}\n"


def _type(annotation: object) -> str:
    """Write a type as its reader says it, without the modules of its names."""
    told = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b[A-Za-z_]\w*\.(?=\w)", "", told.replace("'", ""))


def _said(thing: object) -> str:
    """Give a docstring as one paragraph, names in it without the places of their modules."""
    return re.sub(r"\s+", " ", inspect.getdoc(thing) or "")


def _errors() -> list[tuple[str, ...]]:
    kinds = {
        kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
    }
    told = {code: (status, " ".join((kinds[code].__doc__ or "").split())) for code, status in STATUS.items()}
    every = sorted((told | dict(OTHERS)).items(), key=lambda each: each[1][0])
    return [(f"`{code}`", str(status), meaning) for code, (status, meaning) in every]


def _settings() -> list[tuple[str, ...]]:
    return [
        (f"`{found.metadata['variable']}`", found.metadata["meaning"], ", ".join(found.metadata["programs"]))
        for found in fields(Settings)
    ]


def commands() -> str:
    """The command line: its rules, and the help of every command."""
    context = click.Context(cli, info_name="walkaway", **cli.context_settings)
    parts = [
        "# The command line\n\nMade from the code by `make docs`; do not edit it here.\n",
        (HERE / "cli-rules.md").read_text().partition("\n\n")[2],
        f"## Commands\n\n```\n{cli.get_help(context)}\n```\n",
    ]
    for name in cli.list_commands(context):
        parts += _command(cli.get_command(context, name), f"walkaway {name}", context)
    return "\n".join(parts)


def _command(command: click.Command | None, words: str, parent: click.Context) -> Iterator[str]:
    assert command
    context = click.Context(command, info_name=words.rpartition(" ")[2], parent=parent)
    if not isinstance(command, click.Group):
        yield f"### `{words}`\n\n```\n{command.get_help(context)}\n```\n"
        return
    yield f"### `{words}`\n\n{command.help}\n"
    for name, each in command.commands.items():
        yield from _command(each, f"{words} {name}", context)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def main() -> None:
    """Write, or check."""
    os.environ["COLUMNS"] = "100"
    stale = []
    for name, text in (
        ("reference.md", reference()),
        ("client-reference.md", client()),
        ("cli.md", commands()),
        *openapi(),
    ):
        path = HERE / name
        if not path.exists() or path.read_text() != text:
            stale.append(f"docs/{name}")
            if "--check" not in sys.argv:
                path.write_text(text)
    if stale:
        print(f"{'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale)}")
        sys.exit("run `make docs`" if "--check" in sys.argv else 0)


if __name__ == "__main__":
    main()
